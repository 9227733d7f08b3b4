-- Each entity, subject and group that has pairs of scores, with a number: the method that compares scores knows a
-- cell by
-- its number alone. Scores of one pool (a policy, year and subject) are on one scale.
with
    pairs as (
        select policy_id, school_year, level, entity_id, subject, student_id
        from {{ ref("int_calibration_pairs") }}
        where exclusion is null
    ),

    sets as (select policy_id, school_year, student_id, group_set from {{ ref("int_student_group_sets") }}),

    members as (select group_set, student_group from {{ ref("int_group_set_members") }}),

    policy as (
        select policy_id, level, first_school_year, last_school_year, minimum_pairs_for_feedback
        from {{ ref("policy_calibration") }}
    ),

    by_set as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            group_set,
            count(*) as unit_count,
            count(distinct student_id) as student_count
        from pairs
        inner join sets using (policy_id, school_year, student_id)
        group by policy_id, school_year, level, entity_id, subject, group_set
    ),

    by_group as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_group,
            cast(sum(unit_count) as bigint) as unit_count,
            cast(sum(student_count) as bigint) as student_count
        from by_set
        inner join members using (group_set)
        group by policy_id, school_year, level, entity_id, subject, student_group
    )

select
    dense_rank() over (order by policy_id asc, school_year asc, subject asc) as pool,
    row_number() over (
        order by policy_id asc, school_year asc, subject asc, policy.level asc, entity_id asc, student_group asc
    )
    - 1 as cell,
    policy_id,
    school_year,
    policy.level,
    entity_id,
    subject,
    student_group,
    unit_count,
    student_count,
    unit_count >= policy.minimum_pairs_for_feedback as is_computed
from by_group
inner join policy using (policy_id, level)
where school_year between policy.first_school_year and policy.last_school_year
