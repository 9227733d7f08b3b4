-- The scores that students' growth is computed from: the result that counts in the state, where it has a score.
with
    results as (
        select school_year, student_id, subject, grade_assessed, scale_score, performance_level
        from {{ ref("int_assessments_in_entities") }}
        where level = 'state' and population = 'reporting' and is_participant and scale_score is not null
    ),

    grades as (select code, sort_order from {{ ref("code_grades") }})

select
    results.school_year,
    results.subject,
    results.student_id,
    results.grade_assessed as grade,
    cast(grades.sort_order - 1 as smallint) as grade_number,
    results.scale_score,
    results.performance_level
from results
inner join grades on results.grade_assessed = grades.code
