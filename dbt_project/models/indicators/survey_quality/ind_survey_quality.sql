{%- set key = "policy_id, school_year, level, entity_id, student_group" %}
{%- set z = "1.959963985" %}
with
    bounded as (
        select
            {{ key }},
            measure,
            value,
            method,
            cast(n as bigint) as n,
            cast(others as bigint) as other_count,
            case when method = 'bonett' then (1 - value) * error else error end as standard_error,
            case
                method
                when 'wilson'
                then {{ wilson_bound("value * n", "n", "-") }}
                when 'bonett'
                then 1 - (1 - value) * exp({{ z }} * error)
                else value - {{ z }} * error
            end as low,
            case
                method
                when 'wilson'
                then {{ wilson_bound("value * n", "n", "+") }}
                when 'bonett'
                then 1 - (1 - value) * exp(-{{ z }} * error)
                else value + {{ z }} * error
            end as high
        from {{ ref("int_survey_numbers") }}
    )

select
    {{ key }},
    'reporting' as population,
    'ALL' as subject,
    'all' as grade_span,
    measure,
    cast(value as decimal(18, 10)) as value,
    cast(standard_error as decimal(18, 10)) as standard_error,
    cast(low as decimal(18, 10)) as interval_low,
    cast(high as decimal(18, 10)) as interval_high,
    case when value is not null then method end as interval_method,
    n as unit_count,
    n as student_count,
    other_count,
    cast(null as decimal(9, 6)) as completeness
from bounded
