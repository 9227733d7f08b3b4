-- Steps between the levels of groups: for each student and subject, the level on one checking day and on the next, in
-- each school,
-- district and the state.
with
    memberships as (
        select policy_id, school_year, district_id, school_id, subject, student_id, level_order, begin_date, end_date
        from {{ ref("int_group_memberships") }}
        where level_order is not null and subject in ('RLA', 'MATH')
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, days_between_checks
        from {{ ref("policy_level_mobility") }}
    ),

    checks as (
        select
            policy.policy_id,
            policy.level,
            years.school_year,
            step,
            make_date(years.school_year - 1, 8, 1) + step * policy.days_between_checks as check_date
        from (select distinct school_year from memberships) as years
        inner join policy on years.school_year between policy.first_school_year and policy.last_school_year
        cross join (select cast(unnest(generate_series(0, 366)) as integer) as step) as steps
        where
            make_date(years.school_year - 1, 8, 1) + step * policy.days_between_checks
            <= make_date(years.school_year, 6, 30)
    ),

    placed as (
        select 'school' as level, school_id as entity_id, *
        from memberships
        union all
        select 'district' as level, district_id as entity_id, *
        from memberships
        union all
        select 'state' as level, 'state' as entity_id, *
        from memberships
    ),

    levels as (
        select
            placed.policy_id,
            placed.school_year,
            placed.level,
            placed.entity_id,
            placed.subject,
            placed.student_id,
            checks.step,
            max(placed.level_order) as level_order
        from placed
        inner join
            checks
            on placed.policy_id = checks.policy_id
            and placed.school_year = checks.school_year
            and placed.level = checks.level
            and checks.check_date between placed.begin_date and placed.end_date
        group by all
    )

select
    earlier.policy_id,
    earlier.school_year,
    earlier.level,
    earlier.entity_id,
    'reporting' as population,
    earlier.subject,
    earlier.student_id,
    earlier.step,
    earlier.level_order as from_level,
    later.level_order as to_level,
    cast(null as varchar) as exclusion
from levels as earlier
inner join
    levels as later
    on earlier.policy_id = later.policy_id
    and earlier.school_year = later.school_year
    and earlier.level = later.level
    and earlier.entity_id = later.entity_id
    and earlier.subject = later.subject
    and earlier.student_id = later.student_id
    and earlier.step + 1 = later.step
