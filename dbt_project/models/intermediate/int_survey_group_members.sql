-- The student groups that a roster's text of groups stands for.
with
    sets as (select distinct group_set from {{ ref("int_survey_respondents") }}),

    groups as (select code from {{ ref("code_student_groups") }})

select sets.group_set, groups.code as student_group
from sets
inner join groups on position(concat(';', groups.code, ';') in concat(';', sets.group_set, ';')) > 0
