{%- set key = "policy_id, school_year, level, entity_id, subject, student_group, unit_count, student_count" %}
{%- set numbers = ["value", "standard_error", "interval_low", "interval_high"] %}
{%- set all_numbers = numbers | join(", ") %}
{%- set nothing = "null, null, null, null" %}
with
    computed as (
        select concat(cell, '|', measure) as question, {{ all_numbers }}, interval_method
        from {{ source("estimates", "agreement") }}
        union all
        select concat(pool, '|', district_id) as question, {{ all_numbers }}, interval_method
        from {{ source("estimates", "severity") }}
    ),

    answered as (
        select
            {{ key }},
            measure,
            {% for number in numbers %}
                cast(
                    case when is_enough and not isnan({{ number }}) then {{ number }} end as decimal(18, 10)
                ) as {{ number }},
            {% endfor %}
            has_threshold,
            case
                when has_threshold and is_enough and not isnan(value)
                then
                    coalesce(value < least_value, abs(value) > greatest_value)
                    or coalesce(boundary = 'exclusive' and abs(value) in (least_value, greatest_value), false)
            end as is_missed,
            interval_method
        from {{ ref("int_calibration_questions") }}
        left join computed using (question)
    ),

    found as (
        select {{ key }}, measure, {{ all_numbers }}, interval_method
        from answered
        union all
        select {{ key }}, 'benchmark_difference', {{ all_numbers }}, 't_clustered'
        from {{ ref("int_benchmark_scores") }}
        union all
        select
            {{ key }},
            'thresholds_missed',
            case when count(is_missed) = 2 then cast(count(*) filter (where is_missed) as decimal(18, 10)) end,
            {{ nothing }}
        from answered
        where has_threshold
        group by {{ key }}
    )

select
    {{ key }},
    'reporting' as population,
    'all' as grade_span,
    measure,
    {{ all_numbers }},
    case when interval_low is not null then interval_method end as interval_method,
    cast(null as decimal(9, 6)) as completeness
from found
