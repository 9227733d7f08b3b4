-- What is asked of each entity about agreement, and of each district about severity, before the methods have answered:
-- which answer belongs to it, how much stands behind it, and the threshold that it is held to.
with
    cells as (
        select cell, policy_id, school_year, level, entity_id, subject, student_group, unit_count, student_count
        from {{ ref("int_calibration_cells") }}
    ),

    policy as (
        select
            policy_id,
            level,
            first_school_year,
            last_school_year,
            minimum_pairs,
            least_kappa,
            greatest_difference,
            threshold_boundary
        from {{ ref("policy_calibration") }}
    ),

    measures as (
        select 'quadratic_weighted_kappa' as measure
        union all
        select 'gwet_ac1'
        union all
        select 'percent_exact'
        union all
        select 'percent_adjacent'
        union all
        select 'standardized_mean_difference'
        union all
        select 'mean_difference'
    ),

    questions as (
        select
            concat(cell, '|', measure) as question,
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_group,
            measure,
            unit_count,
            student_count
        from cells
        cross join measures
        union all
        select
            question,
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_group,
            'rater_severity',
            unit_count,
            student_count
        from {{ ref("int_severity_counts") }}
    )

select
    question,
    policy_id,
    school_year,
    level,
    entity_id,
    subject,
    student_group,
    measure,
    unit_count,
    student_count,
    unit_count >= policy.minimum_pairs as is_enough,
    case when measure = 'quadratic_weighted_kappa' then policy.least_kappa end as least_value,
    case when measure = 'standardized_mean_difference' then policy.greatest_difference end as greatest_value,
    policy.threshold_boundary as boundary,
    measure in ('quadratic_weighted_kappa', 'standardized_mean_difference') as has_threshold
from questions
inner join policy using (policy_id, level)
where school_year between policy.first_school_year and policy.last_school_year
