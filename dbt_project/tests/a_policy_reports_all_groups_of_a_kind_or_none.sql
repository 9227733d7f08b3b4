-- The groups of race or ethnicity, and those of sex, divide all students: what a policy did not report of them could be
-- worked out from what it does. Resolve it by adding the missing rows to policy_reported_groups.
with
    groups as (select code, group_kind from {{ ref("code_student_groups") }}),

    divided as (select distinct group_kind from {{ ref("code_student_groups") }} where is_unspecified),

    reported as (
        select policies.policy_id, policies.indicator, policies.first_school_year, groups.group_kind, groups.code
        from {{ ref("policy_reported_groups") }} as policies
        inner join groups on policies.student_group = groups.code
        inner join divided using (group_kind)
    ),

    expected as (
        select distinct reported.policy_id, reported.indicator, reported.first_school_year, group_kind, groups.code
        from reported
        inner join groups using (group_kind)
    )

select expected.*
from expected
left join
    reported
    on expected.policy_id = reported.policy_id
    and expected.indicator is not distinct from reported.indicator
    and expected.first_school_year = reported.first_school_year
    and expected.code = reported.code
where reported.code is null
