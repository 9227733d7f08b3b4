-- The scores that growth is computed from: the result that counts in the state, where it has a score on the scale of
-- the grade. A test on another scale says nothing about growth on this one.
with
    results as (
        select
            policy_id, school_year, student_id, subject, grade_assessed, assessment_form, scale_score, performance_level
        from {{ ref("int_assessments_in_entities") }}
        where level = 'state' and population = 'reporting' and is_participant and scale_score is not null
    ),

    norms as (
        select policy_id, first_school_year, last_school_year
        from {{ ref("policy_growth_percentile") }}
        where level = 'state'
    ),

    forms as (select code from {{ ref("code_assessment_forms") }} where is_on_grade_scale),

    grades as (select code, sort_order - 1 as grade_number from {{ ref("code_grades") }})

select
    results.policy_id,
    results.school_year,
    results.subject,
    results.student_id,
    results.grade_assessed as grade,
    cast(grades.grade_number as smallint) as grade_number,
    results.scale_score,
    results.performance_level
from results
inner join
    norms
    on results.policy_id = norms.policy_id
    and results.school_year between norms.first_school_year and norms.last_school_year
inner join forms on results.assessment_form = forms.code
inner join grades on results.grade_assessed = grades.code
