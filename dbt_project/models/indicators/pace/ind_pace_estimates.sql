{%- set key = "policy_id, school_year, level, entity_id, subject" %}
with
    values_by_set as (
        select
            {{ key }}, group_set, cast(learned_months / instructional_months as decimal(18, 6)) as pace, count(*) as n
        from {{ ref("int_paces") }}
        inner join {{ ref("int_student_group_sets") }} as sets using (policy_id, school_year, student_id)
        where exclusion is null
        group by all
    ),

    values_by_group as (
        select {{ key }}, student_group, pace, sum(n) as n
        from values_by_set
        inner join {{ ref("int_group_set_members") }} as members using (group_set)
        group by all
    ),

    counted as (
        select
            *,
            cast(sum(n) over (partition by {{ key }}, student_group order by pace) as bigint) as up_to,
            cast(sum(n) over (partition by {{ key }}, student_group) as bigint) as counted
        from values_by_group
    ),

    asked as (
        select *, 1.959963985 * sqrt(counted * percent * (100 - percent)) / 100 as half_width
        from counted
        cross join (select unnest([10, 25, 75, 90]) as percent) as percents
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    'reporting' as population,
    subject,
    'all' as grade_span,
    concat('pace_percentile_', percent) as measure,
    student_group,
    cast(
        (min(pace) filter (up_to * 100 >= counted * percent) + min(pace) filter (up_to * 100 > counted * percent))
        / 2 as decimal(18, 10)
    ) as value,
    cast(null as decimal(18, 10)) as standard_error,
    cast(
        min(pace) filter (up_to >= greatest(1, floor(counted * percent / 100.0 - half_width))) as decimal(18, 10)
    ) as interval_low,
    cast(
        min(pace) filter (up_to >= least(counted, 1 + ceil(counted * percent / 100.0 + half_width))) as decimal(18, 10)
    ) as interval_high,
    'order_statistics' as interval_method,
    counted as unit_count,
    counted as student_count,
    cast(null as decimal(9, 6)) as completeness
from asked
group by all
