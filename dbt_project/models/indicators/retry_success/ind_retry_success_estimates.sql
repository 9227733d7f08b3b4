with
    survival as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            minimum_chains,
            chain_count,
            student_count,
            remaining,
            relative_variance,
            0 < remaining and remaining < 1 as is_between
        from {{ ref("int_retry_survival") }}
    ),

    bounded as (
        select
            *,
            chain_count >= minimum_chains and remaining is not null as is_enough,
            case when is_between then 1.959963985 * sqrt(relative_variance) / abs(ln(remaining)) end as half_width,
            cast(chain_count as double) as n
        from survival
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    'reporting' as population,
    'ALL' as subject,
    'all' as grade_span,
    'percent_successful_in_time' as measure,
    student_group,
    cast(case when is_enough then 1 - remaining end as decimal(18, 10)) as value,
    cast(case when is_enough then remaining * sqrt(relative_variance) end as decimal(18, 10)) as standard_error,
    cast(
        case
            when is_enough and is_between
            then 1 - pow(remaining, exp(- half_width))
            when is_enough
            then {{ wilson_bound("(1 - remaining) * n", "n", "-") }}
        end as decimal(18, 10)
    ) as interval_low,
    cast(
        case
            when is_enough and is_between
            then 1 - pow(remaining, exp(half_width))
            when is_enough
            then {{ wilson_bound("(1 - remaining) * n", "n", "+") }}
        end as decimal(18, 10)
    ) as interval_high,
    case when is_enough and is_between then 'kaplan_meier_log_log' when is_enough then 'wilson' end as interval_method,
    chain_count as unit_count,
    student_count,
    cast(null as decimal(9, 6)) as completeness
from bounded
