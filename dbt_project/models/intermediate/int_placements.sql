-- The decision that counts for a student in a subject and tier, with what is known of it: the last one of the year.
with
    decisions as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            course_subject,
            course_tier,
            grade,
            is_placed,
            prior_score,
            row_number() over (
                partition by school_year, student_id, school_id, course_subject, course_tier, grade
                order by decision_date desc nulls last, record_line desc
            ) as choice
        from {{ ref("stg_placement_decision") }}
    ),

    subjects as (select code, subject from {{ ref("code_course_subjects") }})

select
    decisions.school_year,
    decisions.district_id,
    decisions.school_id,
    decisions.student_id,
    coalesce(subjects.subject, 'ALL') as subject,
    decisions.course_subject,
    decisions.course_tier,
    decisions.grade,
    decisions.is_placed,
    decisions.prior_score
from decisions
left join subjects on decisions.course_subject = subjects.code
where decisions.choice = 1
