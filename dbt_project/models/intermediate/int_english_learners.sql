-- Who is an English learner in a year, with the grade, the last composite result of the year and that of the year
-- before. A
-- student who was tested in both years is one too, although the status may have ended between the tests.
with
    statuses as (
        select distinct school_year, student_id from {{ ref("stg_student_status") }} where status = 'english_learner'
    ),

    results as (
        select school_year, student_id, grade_assessed, performance_level
        from {{ ref("stg_assessment") }}
        where
            subject = 'ELP'
            and coalesce(language_domain, 'composite') = 'composite'
            and performance_level is not null
            and participation_status = 'participated'
        qualify
            row_number() over (
                partition by school_year, student_id
                order by
                    administration_date desc nulls last,
                    attempt_number desc nulls last,
                    performance_level desc,
                    district_id asc,
                    record_line asc
            )
            = 1
    ),

    enrolled_grades as (
        select enrollment.school_year, enrollment.student_id, max_by(enrollment.grade, grades.sort_order) as grade
        from {{ ref("stg_enrollment") }} as enrollment
        inner join {{ ref("code_grades") }} as grades on enrollment.grade = grades.code
        group by enrollment.school_year, enrollment.student_id
    ),

    learners as (
        select school_year, student_id
        from statuses
        union
        select current.school_year, current.student_id
        from results as current
        inner join
            results as prior on current.student_id = prior.student_id and current.school_year = prior.school_year + 1
    )

select
    learners.school_year,
    learners.student_id,
    coalesce(current.grade_assessed, enrolled_grades.grade) as grade,
    current.performance_level,
    prior.performance_level as prior_performance_level
from learners
left join results as current on learners.school_year = current.school_year and learners.student_id = current.student_id
left join results as prior on learners.school_year = prior.school_year + 1 and learners.student_id = prior.student_id
left join
    enrolled_grades
    on learners.school_year = enrolled_grades.school_year
    and learners.student_id = enrolled_grades.student_id
