-- When a student began a year's work in a subject: the work of a higher grade than the year before, or of a course
-- that is
-- meant for a grade. Each grade's work in a subject is begun once a year. Beside them stand those who stay in their
-- grade
-- (held, before the work of the next one) and those who take a course again (repeated).
with
    grades as (select code, cast(sort_order as tinyint) as grade_place from {{ ref("code_grades") }}),

    subjects as (select code, subject from {{ ref("code_course_subjects") }} where subject is not null),

    frameworks as (select school_year, subject from {{ ref("int_frameworks") }}),

    first_days as (
        select school_year, school_id, min(calendar_date) as first_day
        from {{ ref("stg_calendar") }}
        where is_instructional and calendar_date >= make_date(school_year - 1, 7, 1)
        group by school_year, school_id
    ),

    learners as (select school_year, student_id, grade_place from {{ ref("int_learners") }} where level = 'state'),

    -- The school of a student's first day in the year.
    first_schools as (
        select
            enrollment.school_year,
            enrollment.student_id,
            enrollment.district_id,
            enrollment.school_id,
            coalesce(
                enrollment.entry_date, first_days.first_day, make_date(enrollment.school_year - 1, 7, 1)
            ) as begun_date
        from {{ ref("stg_enrollment") }} as enrollment
        left join first_days using (school_year, school_id)
        where
            coalesce(enrollment.entry_date, make_date(enrollment.school_year - 1, 7, 1))
            <= coalesce(enrollment.exit_date, make_date(enrollment.school_year, 6, 30))
        qualify
            row_number() over (
                partition by enrollment.school_year, enrollment.student_id
                order by
                    enrollment.entry_date asc nulls first,
                    enrollment.school_id asc,
                    enrollment.district_id asc,
                    enrollment.record_line asc
            )
            = 1
    ),

    by_grade as (
        select
            this_year.school_year,
            this_year.student_id,
            first_schools.district_id,
            first_schools.school_id,
            frameworks.subject,
            case
                when this_year.grade_place > last_year.grade_place
                then this_year.grade_place
                else last_year.grade_place + 1
            end as grade_place,
            case when this_year.grade_place > last_year.grade_place then 'advanced' else 'held' end as kind,
            first_schools.begun_date
        from learners as this_year
        inner join
            learners as last_year
            on this_year.student_id = last_year.student_id
            and this_year.school_year = last_year.school_year + 1
            and this_year.grade_place >= last_year.grade_place
        inner join
            first_schools
            on this_year.school_year = first_schools.school_year
            and this_year.student_id = first_schools.student_id
        inner join frameworks on this_year.school_year = frameworks.school_year
    ),

    by_course as (
        select
            enrolled.school_year,
            enrolled.student_id,
            enrolled.district_id,
            section.school_id,
            subjects.subject,
            coalesce(grades.grade_place, learners.grade_place) as grade_place,
            case when coalesce(enrolled.is_repeat, false) then 'repeated' else 'advanced' end as kind,
            coalesce(
                enrolled.begin_date, section.begin_date, first_days.first_day, make_date(enrolled.school_year - 1, 7, 1)
            ) as begun_date
        from {{ ref("stg_section_enrollment") }} as enrolled
        inner join
            {{ ref("stg_course_section") }} as section
            on enrolled.school_year = section.school_year
            and enrolled.district_id = section.district_id
            and enrolled.section_id = section.section_id
        inner join subjects on section.course_subject = subjects.code
        inner join frameworks on enrolled.school_year = frameworks.school_year and subjects.subject = frameworks.subject
        left join grades on section.grade = grades.code
        left join learners on enrolled.school_year = learners.school_year and enrolled.student_id = learners.student_id
        left join
            first_days on enrolled.school_year = first_days.school_year and section.school_id = first_days.school_id
        where enrolled.student_id is not null
    ),

    begun as (
        select school_year, student_id, district_id, school_id, subject, grade_place, kind, begun_date
        from by_grade
        union all
        select school_year, student_id, district_id, school_id, subject, grade_place, kind, begun_date
        from by_course
    )

select
    school_year,
    student_id,
    district_id,
    school_id,
    subject,
    cast(grade_place as tinyint) as grade_place,
    kind,
    begun_date
from begun
where grade_place is not null
qualify
    row_number() over (
        partition by school_year, student_id, subject, grade_place, kind
        order by begun_date asc, school_id asc, district_id asc
    )
    = 1
