-- The student groups that a roster's text of groups stands for; where it names no race or no sex, the group that says
-- so.
with
    sets as (select distinct group_set from {{ ref("int_survey_respondents") }}),

    groups as (select code, group_kind, is_unspecified from {{ ref("code_student_groups") }}),

    named as (
        select sets.group_set, groups.code as student_group, groups.group_kind
        from sets
        inner join groups on position(concat(';', groups.code, ';') in concat(';', sets.group_set, ';')) > 0
    )

select group_set, student_group
from named
union all
select sets.group_set, groups.code as student_group
from sets
inner join groups on groups.is_unspecified
left join named on sets.group_set = named.group_set and groups.group_kind = named.group_kind
where named.group_set is null
