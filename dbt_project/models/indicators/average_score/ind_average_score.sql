with
    assessments as (
        select
            school_year,
            population,
            level,
            entity_id,
            student_id,
            subject,
            grade_assessed,
            scale_score,
            is_full_academic_year
        from {{ ref("int_assessments_in_entities") }}
        where is_expected and is_participant and scale_score is not null
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, score_weight
        from {{ ref("policy_average_score") }}
    )

select
    policy.policy_id,
    assessments.school_year,
    assessments.level,
    assessments.entity_id,
    assessments.population,
    assessments.subject,
    assessments.grade_assessed as grade_span,
    'mean_scale_score' as measure,
    assessments.student_id,
    cast(assessments.scale_score * policy.score_weight as decimal(18, 4)) as numerator,
    cast(policy.score_weight as decimal(18, 4)) as denominator,
    cast(0 as decimal(18, 4)) as expected
from assessments
inner join
    policy
    on assessments.level = policy.level
    and assessments.school_year between policy.first_school_year and policy.last_school_year
where assessments.population = 'reporting' or assessments.is_full_academic_year
