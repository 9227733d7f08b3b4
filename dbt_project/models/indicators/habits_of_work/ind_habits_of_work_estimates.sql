{%- set key = "policy_id, school_year, level, entity_id, student_group" %}
with
    agreement as (
        select
            {{ key }},
            minimum_students,
            complete_count,
            case when complete_count >= minimum_students then alpha end as alpha,
            {{ log_alpha_error("habit_count", "complete_count") }} as log_error,
            pair_count,
            sqrt(nullif(greatest(pair_count - 3, 0), 0)) as pair_root,
            case when pair_count >= minimum_students and abs(correlation) < 1 then correlation end as correlation
        from {{ ref("int_habit_agreement") }}
        inner join {{ ref("policy_habits_of_work") }} using (policy_id, level)
        where school_year between first_school_year and last_school_year
    ),

    estimates as (
        select
            {{ key }},
            'alpha' as measure,
            alpha as value,
            (1 - alpha) * log_error as standard_error,
            1 - (1 - alpha) * exp(1.959963985 * log_error) as low,
            1 - (1 - alpha) * exp(-1.959963985 * log_error) as high,
            'bonett' as method,
            complete_count as student_count
        from agreement
        where complete_count > 0
        union all
        select
            {{ key }},
            'rater_correlation',
            correlation,
            (1 - correlation * correlation) / pair_root,
            tanh(atanh(correlation) - 1.959963985 / pair_root),
            tanh(atanh(correlation) + 1.959963985 / pair_root),
            'fisher_z',
            pair_count
        from agreement
        where pair_count > 0
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
    student_count as unit_count,
    student_count,
    cast(null as decimal(9, 6)) as completeness
from estimates
