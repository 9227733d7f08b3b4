-- The pairs of scores of each cell with enough of them, in numbers alone, with what the policy says of comparing them.
-- Students are numbered in the order of their pseudonyms within a pool.
with
    pairs as (
        select policy_id, school_year, level, entity_id, subject, student_id, first_score, second_score
        from {{ ref("int_calibration_pairs") }}
        where exclusion is null
    ),

    sets as (select policy_id, school_year, student_id, group_set from {{ ref("int_student_group_sets") }}),

    members as (select group_set, student_group from {{ ref("int_group_set_members") }}),

    policy as (
        select policy_id, level, first_school_year, last_school_year, adjacent_distance, replicates, seed
        from {{ ref("policy_calibration") }}
    ),

    cells as (
        select pool, cell, policy_id, school_year, level, entity_id, subject, student_group
        from {{ ref("int_calibration_cells") }}
        where is_computed
    ),

    numbered as (
        select *, dense_rank() over (partition by policy_id, school_year, subject order by student_id asc) as student
        from pairs
    )

select
    cells.pool,
    cells.cell,
    numbered.student,
    cast(numbered.first_score as double) as first_score,
    cast(numbered.second_score as double) as second_score,
    cast(policy.adjacent_distance as double) as adjacent_distance,
    policy.replicates,
    policy.seed
from numbered
inner join sets using (policy_id, school_year, student_id)
inner join members using (group_set)
inner join cells using (policy_id, school_year, level, entity_id, subject, student_group)
inner join policy using (policy_id, level)
where school_year between policy.first_school_year and policy.last_school_year
