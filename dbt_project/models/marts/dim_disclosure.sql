-- How each indicator is published at each level: its own rule where the policy gives one, else the policy's.
with
    indicators as (select indicator from {{ ref("dim_indicator") }}),

    rules as (
        select
            policy_id,
            indicator,
            level,
            first_school_year,
            last_school_year,
            mode,
            count_base,
            numerator_floor,
            interval_width
        from {{ ref("policy_disclosure") }}
    ),

    offered as (
        select
            indicators.indicator,
            rules.policy_id,
            rules.level,
            rules.first_school_year,
            rules.last_school_year,
            rules.mode,
            rules.count_base,
            rules.numerator_floor,
            rules.interval_width,
            row_number() over (
                partition by indicators.indicator, rules.policy_id, rules.level, rules.first_school_year
                order by rules.indicator nulls last
            ) as choice
        from indicators
        inner join rules on rules.indicator is null or rules.indicator = indicators.indicator
    )

select
    indicator, policy_id, level, first_school_year, last_school_year, mode, count_base, numerator_floor, interval_width
from offered
where choice = 1
