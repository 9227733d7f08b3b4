-- How often each group of students went from one level to another, in each entity.
with
    steps as (
        select policy_id, school_year, level, entity_id, population, subject, student_id, from_level, to_level
        from {{ ref("int_level_steps") }}
    ),

    sets as (select policy_id, school_year, student_id, group_set from {{ ref("int_student_group_sets") }}),

    members as (select group_set, student_group from {{ ref("int_group_set_members") }}),

    by_set as (
        select
            steps.policy_id,
            steps.school_year,
            steps.level,
            steps.entity_id,
            steps.population,
            steps.subject,
            sets.group_set,
            steps.from_level,
            steps.to_level,
            count(*) as step_count
        from steps
        inner join sets using (policy_id, school_year, student_id)
        group by all
    )

select
    by_set.policy_id,
    by_set.school_year,
    by_set.level,
    by_set.entity_id,
    by_set.population,
    by_set.subject,
    members.student_group,
    by_set.from_level,
    by_set.to_level,
    cast(sum(by_set.step_count) as bigint) as step_count
from by_set
inner join members using (group_set)
group by all
