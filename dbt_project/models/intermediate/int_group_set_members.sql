with
    sets as (select distinct group_set from {{ ref("int_student_group_sets") }}),

    groups as (select code from {{ ref("code_student_groups") }})

select sets.group_set, groups.code as student_group
from sets
inner join groups on concat('|', sets.group_set, '|') like concat('%|', replace(groups.code, '_', '\_'), '|%') escape '\'
