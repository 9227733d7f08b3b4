-- The scores that growth is computed from: the result that counts in the state, where it has a score on the scale of
-- the grade. A test on another scale says nothing about growth on this one. Standard errors are looked for where the
-- policy corrects for them alone; of several tests with the same score, the largest.
with
    results as (
        select
            policy_id, school_year, student_id, subject, grade_assessed, assessment_form, scale_score, performance_level
        from {{ ref("int_assessments_in_entities") }}
        where level = 'state' and population = 'reporting' and is_participant and scale_score is not null
    ),

    norms as (
        select policy_id, first_school_year, last_school_year, error_correction
        from {{ ref("policy_growth_percentile") }}
        where level = 'state'
    ),

    errors as (
        select
            norms.policy_id,
            tests.school_year,
            tests.student_id,
            tests.subject,
            tests.grade_assessed,
            tests.scale_score,
            max(tests.scale_score_standard_error) as scale_score_standard_error
        from {{ ref("stg_assessment") }} as tests
        inner join
            norms
            on tests.school_year between norms.first_school_year and norms.last_school_year
            and norms.error_correction <> 'none'
        group by
            norms.policy_id, tests.school_year, tests.student_id, tests.subject, tests.grade_assessed, tests.scale_score
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
    errors.scale_score_standard_error,
    results.performance_level
from results
inner join
    norms
    on results.policy_id = norms.policy_id
    and results.school_year between norms.first_school_year and norms.last_school_year
inner join forms on results.assessment_form = forms.code
inner join grades on results.grade_assessed = grades.code
left join
    errors
    on results.policy_id = errors.policy_id
    and results.school_year = errors.school_year
    and results.student_id = errors.student_id
    and results.subject = errors.subject
    and results.grade_assessed = errors.grade_assessed
    and results.scale_score = errors.scale_score
