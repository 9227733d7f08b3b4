-- In how many years a student reaches grade level at the growth rate of the year, as a band: gap ÷ (rate − 1),
-- compared as
-- products so that exactly six years are six. The slow and the quick band stand at the ends of the rate's interval. Who
-- would not be there by the end of grade 12 is not going to be at this rate.
{%- set ends = {
    "band": ("rate_numerator - rate_denominator", "rate_denominator"),
    "slow_band": ("growth_rate - 1 - 1.959963985 * cast(growth_rate_error as decimal(28, 6))", "1"),
    "quick_band": ("growth_rate - 1 + 1.959963985 * cast(growth_rate_error as decimal(28, 6))", "1"),
} %}
with
    rates as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            exclusion,
            is_due,
            rate_numerator,
            rate_denominator,
            growth_rate,
            growth_rate_error,
            gap_at_end,
            years_to_grade_12
        from {{ ref("int_growth_rates") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, first_band_ends, second_band_ends, third_band_ends
        from {{ ref("policy_time_to_grade_level") }}
    )

select
    rates.policy_id,
    rates.school_year,
    rates.level,
    rates.entity_id,
    rates.subject,
    rates.student_id,
    rates.exclusion,
    rates.is_due,
    rates.growth_rate_error is not null as has_error,
    {%- for band, (gain, whole) in ends.items() %}
        case
            when exclusion is not null or {{ gain }} is null
            then null
            when gap_at_end <= 0
            then 'at_level'
            when {{ gain }} <= 0 or gap_at_end * {{ whole }} > years_to_grade_12 * ({{ gain }})
            then 'not_at_this_rate'
            when gap_at_end * {{ whole }} < first_band_ends * ({{ gain }})
            then 'first'
            when gap_at_end * {{ whole }} < second_band_ends * ({{ gain }})
            then 'second'
            when gap_at_end * {{ whole }} <= third_band_ends * ({{ gain }})
            then 'third'
            else 'longer'
        end as {{ band }}{{ "," if not loop.last }}
    {%- endfor %}
from rates
inner join
    policy
    on rates.policy_id = policy.policy_id
    and rates.level = policy.level
    and rates.school_year between policy.first_school_year and policy.last_school_year
