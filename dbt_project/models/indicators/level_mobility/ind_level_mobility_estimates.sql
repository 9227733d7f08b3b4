-- Shorrocks' index of mobility (1978), with the variance of the chances to stay.
{%- set key = "policy_id, school_year, level, entity_id, population, subject, student_group" %}
with
    transitions as (select {{ key }}, from_level, to_level, step_count from {{ ref("int_level_transitions") }}),

    policy as (
        select policy_id, level, first_school_year, last_school_year, minimum_steps, minimum_steps_from_level
        from {{ ref("policy_level_mobility") }}
    ),

    starts as (
        select
            {{ key }},
            from_level,
            cast(sum(step_count) as double) as steps,
            coalesce(sum(step_count) filter (where to_level = from_level), 0) / sum(step_count) as staying
        from transitions
        group by {{ key }}, from_level
    ),

    summed as (
        select
            {{ key }},
            count(*) as levels,
            min(steps) as least_steps,
            cast(sum(steps) as bigint) as unit_count,
            (count(*) - sum(staying)) / nullif(count(*) - 1, 0) as value,
            sqrt(sum(staying * (1 - staying) / steps)) / nullif(count(*) - 1, 0) as error
        from starts
        group by {{ key }}
    ),

    students as (
        select policy_id, school_year, level, entity_id, subject, student_group, student_count
        from {{ ref("int_level_students") }}
    ),

    judged as (
        select
            summed.*,
            unit_count >= minimum_steps and least_steps >= minimum_steps_from_level and levels > 1 as is_enough
        from summed
        inner join policy on summed.policy_id = policy.policy_id and summed.level = policy.level
        where school_year between first_school_year and last_school_year
    )

select
    {{ key }},
    'all' as grade_span,
    'shorrocks_index' as measure,
    cast(case when is_enough then value end as decimal(18, 10)) as value,
    cast(case when is_enough then error end as decimal(18, 10)) as standard_error,
    cast(case when is_enough then greatest(0, value - 1.959963985 * error) end as decimal(18, 10)) as interval_low,
    cast(case when is_enough then value + 1.959963985 * error end as decimal(18, 10)) as interval_high,
    case when is_enough then 'delta' end as interval_method,
    unit_count,
    student_count,
    cast(null as decimal(9, 6)) as completeness
from judged
inner join students using (policy_id, school_year, level, entity_id, subject, student_group)
