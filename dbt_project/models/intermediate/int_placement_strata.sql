-- For each stratum of equals and student group: members of the group and all others, placed and not. Only strata that
-- hold both
-- members and others say anything.
with
    candidates as (
        select policy_id, school_year, level, entity_id, population, subject, student_id, stratum, is_placed
        from {{ ref("int_placement_candidates") }}
        where exclusion is null
    ),

    sets as (select policy_id, school_year, student_id, group_set from {{ ref("int_student_group_sets") }}),

    members as (select group_set, student_group from {{ ref("int_group_set_members") }}),

    by_set as (
        select
            candidates.policy_id,
            candidates.school_year,
            candidates.level,
            candidates.entity_id,
            candidates.population,
            candidates.subject,
            candidates.stratum,
            sets.group_set,
            count(*) as candidate_count,
            count(*) filter (where candidates.is_placed) as placed_count
        from candidates
        inner join
            sets
            on candidates.policy_id = sets.policy_id
            and candidates.school_year = sets.school_year
            and candidates.student_id = sets.student_id
        group by all
    ),

    everyone as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            population,
            subject,
            stratum,
            sum(candidate_count) as candidate_count,
            sum(placed_count) as placed_count
        from by_set
        group by policy_id, school_year, level, entity_id, population, subject, stratum
    ),

    by_group as (
        select
            by_set.policy_id,
            by_set.school_year,
            by_set.level,
            by_set.entity_id,
            by_set.population,
            by_set.subject,
            by_set.stratum,
            members.student_group,
            sum(by_set.candidate_count) as candidate_count,
            sum(by_set.placed_count) as placed_count
        from by_set
        inner join members on by_set.group_set = members.group_set
        where members.student_group <> 'ALL'
        group by all
    )

select
    by_group.policy_id,
    by_group.school_year,
    by_group.level,
    by_group.entity_id,
    by_group.population,
    by_group.subject,
    by_group.stratum,
    by_group.student_group,
    cast(by_group.placed_count as bigint) as focal_placed,
    cast(by_group.candidate_count - by_group.placed_count as bigint) as focal_not_placed,
    cast(everyone.placed_count - by_group.placed_count as bigint) as other_placed,
    cast(
        everyone.candidate_count - everyone.placed_count - by_group.candidate_count + by_group.placed_count as bigint
    ) as other_not_placed
from by_group
inner join everyone using (policy_id, school_year, level, entity_id, population, subject, stratum)
where everyone.candidate_count > by_group.candidate_count
