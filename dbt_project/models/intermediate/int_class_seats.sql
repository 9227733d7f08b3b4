-- The section of each student in a subject on the census date, in each school; of several, the one with the most
-- minutes a week; or
-- why there is none.
with
    policy as (
        select policy_id, first_school_year, last_school_year, counted_programs, census_month, census_day
        from {{ ref("policy_class_sorting") }}
        where level = 'school'
    ),

    sections as (
        select
            policy.policy_id,
            sections.school_year,
            sections.district_id,
            sections.section_id,
            sections.school_id,
            subjects.subject,
            sections.minutes_per_week,
            {{ date_in_school_year("sections.school_year", "policy.census_month", "policy.census_day") }} as census_date
        from {{ ref("stg_course_section") }} as sections
        inner join {{ ref("code_course_subjects") }} as subjects on sections.course_subject = subjects.code
        inner join
            policy
            on sections.school_year between policy.first_school_year and policy.last_school_year
            and position(concat('|', sections.section_program, '|') in concat('|', policy.counted_programs, '|')) > 0
        where subjects.subject in ('RLA', 'MATH')
    ),

    seats as (
        select
            sections.policy_id,
            sections.school_year,
            sections.district_id,
            sections.school_id,
            sections.subject,
            enrolled.student_id,
            sections.section_id,
            row_number() over (
                partition by
                    sections.policy_id, sections.school_year, sections.school_id, sections.subject, enrolled.student_id
                order by sections.minutes_per_week desc nulls last, sections.section_id asc
            ) as choice
        from {{ ref("stg_section_enrollment") }} as enrolled
        inner join
            sections
            on enrolled.school_year = sections.school_year
            and enrolled.district_id = sections.district_id
            and enrolled.section_id = sections.section_id
        where
            coalesce(enrolled.begin_date, sections.census_date) <= sections.census_date
            and coalesce(enrolled.end_date, sections.census_date) >= sections.census_date
    ),

    grades as (
        select school_year, school_id, student_id, arg_max(grade, coalesce(entry_date, date '1900-01-01')) as grade
        from {{ ref("stg_enrollment") }}
        group by school_year, school_id, student_id
    )

select
    seats.policy_id,
    seats.school_year,
    seats.district_id,
    seats.school_id,
    seats.subject,
    seats.student_id,
    seats.section_id,
    grades.grade
from seats
inner join
    grades
    on seats.school_year = grades.school_year
    and seats.school_id = grades.school_id
    and seats.student_id = grades.student_id
where seats.choice = 1
