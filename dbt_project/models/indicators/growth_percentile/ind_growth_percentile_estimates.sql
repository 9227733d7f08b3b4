with
    medians as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            population,
            subject,
            measure,
            student_group,
            median,
            standard_error,
            interval_low,
            interval_high,
            student_count,
            expected_count
        from {{ source("growth", "median") }}
    ),

    policy as (select policy_id, level, first_school_year, last_school_year from {{ ref("policy_growth_percentile") }})

select
    medians.policy_id,
    medians.school_year,
    medians.level,
    medians.entity_id,
    medians.population,
    medians.subject,
    'all' as grade_span,
    medians.measure,
    medians.student_group,
    cast(medians.median as decimal(18, 10)) as value,
    cast(medians.standard_error as decimal(18, 10)) as standard_error,
    cast(medians.interval_low as decimal(18, 10)) as interval_low,
    cast(medians.interval_high as decimal(18, 10)) as interval_high,
    'bootstrap' as interval_method,
    cast(medians.student_count as bigint) as unit_count,
    cast(medians.student_count as bigint) as student_count,
    cast(medians.student_count / cast(medians.expected_count as double) as decimal(9, 6)) as completeness
from medians
inner join
    policy
    on medians.policy_id = policy.policy_id
    and medians.level = policy.level
    and medians.school_year between policy.first_school_year and policy.last_school_year
