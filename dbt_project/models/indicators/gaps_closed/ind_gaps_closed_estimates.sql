{%- set key = "policy_id, school_year, level, entity_id, subject, student_group" %}
with
    survival as (
        select {{ key }}, student_count, gap_count, days, share_open, variance_of_log from {{ ref("int_gap_survival") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, minimum_gaps from {{ ref("policy_gaps_closed") }}
    ),

    -- Bounds of the curve by the log-log transformation, which keeps them between 0 and 1.
    bounded as (
        select
            *,
            case
                when share_open > 0 and share_open < 1
                then exp(1.959963985 * sqrt(variance_of_log) / abs(ln(cast(share_open as double))))
                else 1
            end as exponent
        from survival
    ),

    medians as (
        select
            {{ key }},
            max(student_count) as student_count,
            max(gap_count) as gap_count,
            min(days) filter (where share_open <= 0.5) as median_days,
            min(days) filter (where power(cast(share_open as double), exponent) <= 0.5 + 1e-9) as low_days,
            coalesce(
                min(days) filter (where power(cast(share_open as double), 1 / exponent) <= 0.5 + 1e-9), max(days)
            ) as high_days
        from bounded
        group by {{ key }}
    )

select
    {{ key }},
    'reporting' as population,
    'all' as grade_span,
    'median_days_to_close' as measure,
    cast(case when gap_count >= minimum_gaps then median_days end as decimal(18, 10)) as value,
    cast(null as decimal(18, 10)) as standard_error,
    cast(case when gap_count >= minimum_gaps then low_days end as decimal(18, 10)) as interval_low,
    cast(case when gap_count >= minimum_gaps then high_days end as decimal(18, 10)) as interval_high,
    'kaplan_meier_log_log' as interval_method,
    cast(gap_count as bigint) as unit_count,
    cast(student_count as bigint) as student_count,
    cast(case when median_days is null then 0 end as decimal(9, 6)) as completeness
from medians
inner join policy using (policy_id, level)
where school_year between first_school_year and last_school_year
