-- Whether support goes to those who need it most: below zero, it does; above zero, it goes to those who need it least.
with
    policy as (
        select policy_id, level, first_school_year, last_school_year, minimum_students
        from {{ ref("policy_support_targeting") }}
    )

select
    spread.policy_id,
    school_year,
    spread.level,
    entity_id,
    'reporting' as population,
    'ALL' as subject,
    'all' as grade_span,
    measure,
    'ALL' as student_group,
    cast(case when is_enough then value end as decimal(18, 10)) as value,
    cast(case when is_enough then error end as decimal(18, 10)) as standard_error,
    cast(case when is_enough then low end as decimal(18, 10)) as interval_low,
    cast(case when is_enough then high end as decimal(18, 10)) as interval_high,
    case when is_enough and low is not null then method end as interval_method,
    cast(student_count as bigint) as unit_count,
    cast(student_count as bigint) as student_count,
    cast(null as decimal(9, 6)) as completeness
from {{ ref("int_support_concentration") }} as spread
inner join policy on spread.policy_id = policy.policy_id and spread.level = policy.level
cross join lateral(select student_count >= minimum_students as is_enough) as judged
cross join
    lateral(
        values
            {{ normal_interval("concentration_index", "concentration_index", "concentration_error", "delta") }},
            {{ normal_interval("minutes_ratio", "minutes_ratio", "minutes_ratio_error", "delta") }}
    ) as found(measure, value, error, low, high, method)
where school_year between first_school_year and last_school_year
