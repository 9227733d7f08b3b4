with
    assessments as (
        select
            policy_id,
            school_year,
            population,
            level,
            entity_id,
            student_id,
            subject,
            grade_assessed,
            scale_score,
            coalesce(
                exclusion,
                case when not is_participant then 'not_tested' when scale_score is null then 'no_valid_result' end
            ) as exclusion
        from {{ ref("int_assessments_in_entities") }}
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
    cast(
        case when exclusion is null then assessments.scale_score * policy.score_weight else 0 end as decimal(18, 4)
    ) as numerator,
    cast(case when exclusion is null then policy.score_weight else 0 end as decimal(18, 4)) as denominator,
    cast(0 as decimal(18, 4)) as expected,
    assessments.exclusion
from assessments
inner join
    policy
    on assessments.policy_id = policy.policy_id
    and assessments.level = policy.level
    and assessments.school_year between policy.first_school_year and policy.last_school_year
