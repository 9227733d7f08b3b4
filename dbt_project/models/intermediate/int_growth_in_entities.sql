-- Whose growth counts in each entity: every student with a result there, beside the score of the year before, and the
-- rule that keeps the student out. A student who is due has no rule; with or without a score the year before.
with
    results as (
        select
            assessments.policy_id,
            assessments.school_year,
            assessments.population,
            assessments.level,
            assessments.entity_id,
            assessments.student_id,
            assessments.subject,
            assessments.grade_assessed as grade,
            assessments.performance_level,
            assessments.is_participant and assessments.scale_score is not null as has_score,
            forms.is_on_grade_scale,
            assessments.population = 'reporting' or coalesce(assessments.is_full_academic_year, false) as is_member
        from {{ ref("int_assessments_in_entities") }} as assessments
        inner join {{ ref("code_assessment_forms") }} as forms on assessments.assessment_form = forms.code
    ),

    records as (
        select school_year, subject, student_id, grade, grade_number, performance_level
        from {{ ref("int_growth_records") }}
    ),

    -- Where the grade before was tested in the year before, growth can be asked about.
    tested_before as (
        select distinct school_year + 1 as school_year, subject, grade_number + 1 as grade_number, true as is_asked
        from records
    ),

    grades as (select code, sort_order - 1 as grade_number from {{ ref("code_grades") }})

select
    results.policy_id,
    results.school_year,
    results.population,
    results.level,
    results.entity_id,
    results.student_id,
    results.subject,
    results.grade,
    results.performance_level,
    earlier.grade as earlier_grade,
    earlier.performance_level as earlier_performance_level,
    case
        when not results.is_member
        then 'not_full_academic_year'
        when not results.has_score
        then 'no_score'
        when not results.is_on_grade_scale
        then 'other_test'
        when tested_before.is_asked is null
        then 'grade_before_not_tested'
    end as exclusion
from results
inner join grades on results.grade = grades.code
left join
    tested_before
    on results.school_year = tested_before.school_year
    and results.subject = tested_before.subject
    and grades.grade_number = tested_before.grade_number
left join
    records as earlier
    on results.school_year = earlier.school_year + 1
    and results.subject = earlier.subject
    and results.student_id = earlier.student_id
