-- The minimum number of students for each indicator and purpose: its own where the policy gives one, else the policy's.
with
    indicators as (select indicator from {{ ref("dim_indicator") }}),

    minimums as (
        select policy_id, purpose, indicator, first_school_year, last_school_year, minimum
        from {{ ref("policy_minimum_n") }}
    )

select
    indicators.indicator,
    minimums.policy_id,
    minimums.purpose,
    minimums.first_school_year,
    minimums.last_school_year,
    minimums.minimum
from indicators
inner join minimums on minimums.indicator is null or minimums.indicator = indicators.indicator
qualify
    row_number() over (
        partition by indicators.indicator, minimums.policy_id, minimums.purpose, minimums.first_school_year
        order by minimums.indicator nulls last
    )
    = 1
