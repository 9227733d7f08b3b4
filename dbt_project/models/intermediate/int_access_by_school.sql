-- For each entity, home school and student group: members and all others, and how many of them had a place. An access
-- gap is split
-- by these.
with
    students as (
        select policy_id, school_year, level, entity_id, student_id, home_school_id, is_offered, has_place
        from {{ ref("int_acceleration") }}
        where exclusion is null and level <> 'school'
    ),

    sets as (select policy_id, school_year, student_id, group_set from {{ ref("int_student_group_sets") }}),

    members as (select group_set, student_group from {{ ref("int_group_set_members") }}),

    by_set as (
        select
            students.policy_id,
            students.school_year,
            students.level,
            students.entity_id,
            students.home_school_id,
            sets.group_set,
            bool_or(students.is_offered) as is_offered,
            count(*) as student_count,
            count(*) filter (where students.has_place) as place_count
        from students
        inner join sets using (policy_id, school_year, student_id)
        group by all
    ),

    everyone as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            home_school_id,
            bool_or(is_offered) as is_offered,
            sum(student_count) as student_count,
            sum(place_count) as place_count
        from by_set
        group by policy_id, school_year, level, entity_id, home_school_id
    ),

    of_group as (
        select
            by_set.policy_id,
            by_set.school_year,
            by_set.level,
            by_set.entity_id,
            by_set.home_school_id,
            members.student_group,
            sum(by_set.student_count) as student_count,
            sum(by_set.place_count) as place_count
        from by_set
        inner join members using (group_set)
        group by all
    ),

    asked as (select distinct policy_id, school_year, level, entity_id, student_group from of_group)

select
    everyone.policy_id,
    everyone.school_year,
    everyone.level,
    everyone.entity_id,
    everyone.home_school_id,
    asked.student_group,
    everyone.is_offered,
    cast(coalesce(of_group.student_count, 0) as bigint) as member_count,
    cast(coalesce(of_group.place_count, 0) as bigint) as member_place_count,
    cast(everyone.student_count - coalesce(of_group.student_count, 0) as bigint) as other_count,
    cast(everyone.place_count - coalesce(of_group.place_count, 0) as bigint) as other_place_count
from everyone
inner join asked using (policy_id, school_year, level, entity_id)
left join of_group using (policy_id, school_year, level, entity_id, home_school_id, student_group)
