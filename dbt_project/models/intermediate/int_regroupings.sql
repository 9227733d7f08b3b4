-- The days from the census date to the first move of a student into another group than those of that date, and to the
-- first that answered to the student, in each school, district and the state; and how long the student stayed there.
with
    memberships as (
        select
            policy_id,
            school_year,
            district_id,
            school_id,
            subject,
            student_id,
            group_id,
            is_responsive,
            begin_date,
            end_date
        from {{ ref("int_group_memberships") }}
        where subject in ('RLA', 'MATH')
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, census_month, census_day, windows_weeks
        from {{ ref("policy_regrouping") }}
    ),

    reporting_districts as (
        select distinct school_year, district_id, true as is_reporting from {{ ref("stg_instructional_group") }}
    ),

    learners as (
        select school_year, level, entity_id, student_id, district_id, first_date, last_date
        from {{ ref("int_learners") }}
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

    asked as (
        select
            policy.policy_id,
            learners.school_year,
            learners.level,
            learners.entity_id,
            learners.student_id,
            learners.district_id,
            learners.first_date,
            learners.last_date,
            policy.windows_weeks,
            {{ date_in_school_year("learners.school_year", "policy.census_month", "policy.census_day") }} as census_date
        from learners
        inner join
            policy
            on learners.level = policy.level
            and learners.school_year between policy.first_school_year and policy.last_school_year
    ),

    on_census as (
        select
            placed.policy_id,
            placed.school_year,
            placed.level,
            placed.entity_id,
            placed.subject,
            placed.student_id,
            asked.census_date,
            list(distinct placed.group_id) as group_ids
        from placed
        inner join asked using (policy_id, school_year, level, entity_id, student_id)
        where placed.begin_date <= asked.census_date and placed.end_date >= asked.census_date
        group by all
    ),

    moves as (
        select
            on_census.policy_id,
            on_census.school_year,
            on_census.level,
            on_census.entity_id,
            on_census.subject,
            on_census.student_id,
            min(placed.begin_date) - min(on_census.census_date) as days_to_move,
            min(placed.begin_date) filter (where placed.is_responsive)
            - min(on_census.census_date) as days_to_regrouping
        from on_census
        inner join placed using (policy_id, school_year, level, entity_id, subject, student_id)
        where placed.begin_date > on_census.census_date and not list_contains(on_census.group_ids, placed.group_id)
        group by all
    ),

    subjects as (select distinct school_year, subject from memberships)

select
    asked.policy_id,
    asked.school_year,
    asked.level,
    asked.entity_id,
    subjects.subject,
    asked.student_id,
    asked.windows_weeks,
    moves.days_to_move,
    moves.days_to_regrouping,
    asked.last_date - asked.census_date as days_stayed,
    case
        when reporting_districts.is_reporting is null
        then 'district_sent_no_groups'
        when asked.first_date > asked.census_date or asked.last_date < asked.census_date
        then 'not_enrolled_on_census_date'
        when on_census.student_id is null
        then 'in_no_group_on_census_date'
    end as exclusion
from asked
inner join subjects using (school_year)
left join on_census using (policy_id, school_year, level, entity_id, subject, student_id)
left join moves using (policy_id, school_year, level, entity_id, subject, student_id)
left join reporting_districts using (school_year, district_id)
