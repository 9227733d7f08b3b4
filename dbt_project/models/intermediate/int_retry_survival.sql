-- How long it took until a first attempt without success was followed by success, or for how long that could be seen,
-- by
-- days, for each entity and student group. A chain whose first attempt succeeded or was not seen is not here.
with
    chains as (
        select school_year, district_id, school_id, student_id, first_date, success_date, seen_until
        from {{ ref("int_attempt_chains") }}
        where exclusion is null
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, days_to_success, minimum_chains
        from {{ ref("policy_retry_success") }}
    ),

    sets as (select policy_id, school_year, student_id, group_set from {{ ref("int_student_group_sets") }}),

    members as (select group_set, student_group from {{ ref("int_group_set_members") }}),

    placed as (
        select
            policy.policy_id,
            chains.school_year,
            policy.level,
            case
                policy.level when 'school' then chains.school_id when 'district' then chains.district_id else 'state'
            end as entity_id,
            sets.group_set,
            chains.student_id,
            coalesce(chains.success_date, chains.seen_until) - chains.first_date as days,
            chains.success_date is not null as is_successful
        from chains
        inner join policy on chains.school_year between policy.first_school_year and policy.last_school_year
        inner join
            sets
            on policy.policy_id = sets.policy_id
            and chains.school_year = sets.school_year
            and chains.student_id = sets.student_id
        where policy.level <> 'school' or chains.school_id is not null
    ),

    days as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            group_set,
            days,
            count(*) as chain_count,
            count(*) filter (where is_successful) as success_count
        from placed
        group by policy_id, school_year, level, entity_id, group_set, days
    ),

    students as (
        select policy_id, school_year, level, entity_id, group_set, count(distinct student_id) as student_count
        from placed
        group by policy_id, school_year, level, entity_id, group_set
    ),

    students_in_groups as (
        select policy_id, school_year, level, entity_id, student_group, sum(student_count) as student_count
        from students
        inner join members using (group_set)
        group by policy_id, school_year, level, entity_id, student_group
    ),

    days_in_groups as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            days,
            sum(chain_count) as chain_count,
            sum(success_count) as success_count
        from days
        inner join members using (group_set)
        group by policy_id, school_year, level, entity_id, student_group, days
    ),

    at_risk as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            days,
            cast(success_count as double) as success_count,
            cast(
                sum(chain_count) over (
                    partition by policy_id, school_year, level, entity_id, student_group
                    order by days desc
                    rows between unbounded preceding and current row
                ) as double
            ) as at_risk
        from days_in_groups
    ),

    survival as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            policy.days_to_success,
            policy.minimum_chains,
            max(at_risk) as chain_count,
            max(days) >= policy.days_to_success as is_seen_to_the_end,
            bool_or(days <= policy.days_to_success and success_count = at_risk) as has_none_left,
            exp(
                coalesce(
                    sum(ln(nullif(at_risk - success_count, 0) / at_risk)) filter (where days <= policy.days_to_success),
                    0
                )
            ) as remaining,
            coalesce(
                sum(success_count / (at_risk * nullif(at_risk - success_count, 0))) filter (
                    where days <= policy.days_to_success
                ),
                0
            ) as relative_variance
        from at_risk
        inner join policy using (policy_id, level)
        where school_year between policy.first_school_year and policy.last_school_year
        group by policy_id, school_year, level, entity_id, student_group, policy.days_to_success, policy.minimum_chains
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    student_group,
    minimum_chains,
    cast(chain_count as bigint) as chain_count,
    cast(student_count as bigint) as student_count,
    cast(case when has_none_left then 0 when is_seen_to_the_end then remaining end as decimal(18, 10)) as remaining,
    relative_variance
from survival
inner join students_in_groups using (policy_id, school_year, level, entity_id, student_group)
