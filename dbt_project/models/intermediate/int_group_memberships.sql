-- A student's memberships in groups that are taught together, by subject: of the kinds that count, with the level of
-- the group and
-- whether the move to it answered to the student.
with
    policy as (
        select policy_id, first_school_year, last_school_year, counted_kinds
        from {{ ref("policy_regrouping") }}
        where level = 'school'
    ),

    bases as (select code, is_responsive from {{ ref("code_group_bases") }})

select
    policy.policy_id,
    groups.school_year,
    groups.district_id,
    groups.school_id,
    coalesce(subjects.subject, 'ALL') as subject,
    groups.course_subject,
    groups.student_id,
    groups.group_id,
    groups.level_order,
    coalesce(bases.is_responsive, false) as is_responsive,
    coalesce(groups.begin_date, make_date(groups.school_year - 1, 7, 1)) as begin_date,
    coalesce(groups.end_date, make_date(groups.school_year, 6, 30)) as end_date
from {{ ref("stg_instructional_group") }} as groups
inner join
    policy
    on groups.school_year between policy.first_school_year and policy.last_school_year
    and position(concat('|', groups.group_kind, '|') in concat('|', policy.counted_kinds, '|')) > 0
left join {{ ref("code_course_subjects") }} as subjects on groups.course_subject = subjects.code
left join bases on groups.basis = bases.code
