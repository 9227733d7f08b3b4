-- How many students of each group had a step between levels, in each entity.
with
    students as (
        select distinct policy_id, school_year, level, entity_id, subject, student_id from {{ ref("int_level_steps") }}
    ),

    sets as (select policy_id, school_year, student_id, group_set from {{ ref("int_student_group_sets") }}),

    members as (select group_set, student_group from {{ ref("int_group_set_members") }})

select
    students.policy_id,
    students.school_year,
    students.level,
    students.entity_id,
    students.subject,
    members.student_group,
    count(*) as student_count
from students
inner join sets using (policy_id, school_year, student_id)
inner join members using (group_set)
group by all
