-- How support is spread along need in each entity: the concentration index, ranking students from most to least need
-- with ties at their mean rank
-- (Wagstaff, Paci and van Doorslaer 1991), and the minutes of those with major gaps against the minutes of all.
with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            cast(known_gap_months as double) as need,
            cast(has_major_gap as integer) as is_major,
            cast(minutes as double) as minutes
        from {{ ref("int_support_needs") }}
        where exclusion is null
    ),

    ranked as (
        select
            *,
            (
                rank() over (partition by policy_id, school_year, level, entity_id order by need desc)
                + (count(*) over (partition by policy_id, school_year, level, entity_id, need) - 1) / 2.0
                - 0.5
            )
            / count(*) over (partition by policy_id, school_year, level, entity_id) as place,
            avg(minutes) over (partition by policy_id, school_year, level, entity_id) as mean_minutes,
            avg(is_major) over (partition by policy_id, school_year, level, entity_id) as major_share
        from students
    ),

    measured as (
        select
            *,
            avg(2 * minutes * (place - 0.5)) over (partition by policy_id, school_year, level, entity_id)
            / nullif(mean_minutes, 0) as concentration,
            avg(minutes * is_major / nullif(major_share, 0)) over (
                partition by policy_id, school_year, level, entity_id
            )
            / nullif(mean_minutes, 0) as minutes_ratio
        from ranked
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    count(*) as student_count,
    cast(sum(is_major) as bigint) as major_gap_count,
    cast(any_value(concentration) as decimal(18, 10)) as concentration_index,
    cast(
        sqrt(sum(pow(2 * minutes * (place - 0.5) - concentration * minutes, 2)))
        / (count(*) * any_value(mean_minutes)) as decimal(18, 10)
    ) as concentration_error,
    cast(any_value(minutes_ratio) as decimal(18, 10)) as minutes_ratio,
    cast(
        sqrt(
            sum(
                pow(
                    minutes * is_major / nullif(major_share, 0)
                    - minutes_ratio * minutes
                    - minutes_ratio * mean_minutes * (is_major / nullif(major_share, 0) - 1),
                    2
                )
            )
        )
        / (count(*) * any_value(mean_minutes)) as decimal(18, 10)
    ) as minutes_ratio_error
from measured
where mean_minutes > 0
group by policy_id, school_year, level, entity_id
