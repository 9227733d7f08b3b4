-- A student's days in each school, district and the state, combined there and judged there: districts are not sums of
-- schools. In the population accountability, the school and district that answer for the student take the place of
-- those
-- attended. A day in two schools at once is one day, absent by the larger part.
with
    stays as (
        select
            policy_id,
            school_year,
            district_id,
            school_id,
            student_id,
            accountable_school_id,
            days_in_calendar,
            days_enrolled,
            attendance_basis,
            days_expected,
            days_absent
        from {{ ref("int_student_school_days") }}
    ),

    simultaneous_days as (
        select
            policy_id,
            school_year,
            district_id,
            school_id,
            student_id,
            calendar_date,
            is_daily,
            is_recorded,
            days_absent
        from {{ ref("int_simultaneous_days") }}
    ),

    schools as (select school_year, school_id, district_id from {{ ref("int_schools") }}),

    declarations as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            bool_or(full_academic_year_school) as is_declared_for_school,
            bool_or(full_academic_year_district) as is_declared_for_district,
            bool_or(full_academic_year_state) as is_declared_for_state
        from {{ ref("stg_assessment") }}
        group by school_year, district_id, school_id, student_id
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, share_of_year_minimum, share_of_year_boundary
        from {{ ref("policy_full_academic_year_coverage") }}
    ),

    described as (
        select
            stays.*,
            simultaneous.student_id is not null as is_simultaneous,
            coalesce(stays.accountable_school_id, stays.school_id) as answering_school_id,
            coalesce(schools.district_id, stays.district_id) as answering_district_id,
            declarations.is_declared_for_school,
            declarations.is_declared_for_district,
            declarations.is_declared_for_state
        from stays
        left join
            (select distinct policy_id, school_year, student_id from simultaneous_days) as simultaneous
            on stays.policy_id = simultaneous.policy_id
            and stays.school_year = simultaneous.school_year
            and stays.student_id = simultaneous.student_id
        left join schools on stays.school_year = schools.school_year and stays.accountable_school_id = schools.school_id
        left join
            declarations
            on stays.school_year = declarations.school_year
            and stays.district_id = declarations.district_id
            and stays.school_id = declarations.school_id
            and stays.student_id = declarations.student_id
    ),

    placed as (
        select 'reporting' as population, school_id as entity_school_id, district_id as entity_district_id, *
        from described
        union all
        select 'accountability', answering_school_id, answering_district_id, *
        from described
    ),

    added_up as (
        select
            policy_id,
            school_year,
            population,
            case
                when grouping(entity_school_id) = 0
                then 'school'
                when grouping(entity_district_id) = 0
                then 'district'
                else 'state'
            end as level,
            coalesce(entity_school_id, entity_district_id, 'state') as entity_id,
            student_id,
            case when bool_and(days_in_calendar is not null) then max(days_in_calendar) end as days_in_year,
            case
                when bool_and(days_enrolled is not null)
                then sum(case when is_simultaneous and days_in_calendar is not null then 0 else days_enrolled end)
            end as days_enrolled,
            sum(
                case when is_simultaneous and attendance_basis = 'daily' then 0 else days_expected end
            ) as days_expected,
            sum(case when is_simultaneous and attendance_basis = 'daily' then 0 else days_absent end) as days_absent,

            case
                when not bool_or(attendance_basis = 'not_reported' and days_enrolled is null)
                then
                    sum(
                        case
                            when attendance_basis = 'not_reported'
                            then days_enrolled
                            when attendance_basis = 'daily' and not is_simultaneous
                            then days_enrolled - days_expected
                            else 0
                        end
                    )
            end as days_not_reported,
            bool_or(attendance_basis = 'exempt') as is_exempt,
            bool_or(is_declared_for_school) as is_declared_for_school,
            bool_or(is_declared_for_district) as is_declared_for_district,
            bool_or(is_declared_for_state) as is_declared_for_state
        from placed
        group by
            grouping sets (
                (policy_id, school_year, population, student_id, entity_school_id),
                (policy_id, school_year, population, student_id, entity_district_id),
                (policy_id, school_year, population, student_id)
            )
    ),

    days_in_entities as (
        select
            placed.policy_id,
            placed.school_year,
            placed.population,
            case
                when grouping(placed.entity_school_id) = 0
                then 'school'
                when grouping(placed.entity_district_id) = 0
                then 'district'
                else 'state'
            end as level,
            coalesce(placed.entity_school_id, placed.entity_district_id, 'state') as entity_id,
            placed.student_id,
            days.calendar_date,
            bool_or(days.is_daily) as is_daily,
            bool_or(days.is_recorded) as is_recorded,
            max(days.days_absent) as days_absent
        from placed
        inner join
            simultaneous_days as days
            on placed.policy_id = days.policy_id
            and placed.school_year = days.school_year
            and placed.district_id = days.district_id
            and placed.school_id = days.school_id
            and placed.student_id = days.student_id
        group by
            grouping sets (
                (
                    placed.policy_id,
                    placed.school_year,
                    placed.population,
                    placed.student_id,
                    days.calendar_date,
                    placed.entity_school_id
                ),
                (
                    placed.policy_id,
                    placed.school_year,
                    placed.population,
                    placed.student_id,
                    days.calendar_date,
                    placed.entity_district_id
                ),
                (placed.policy_id, placed.school_year, placed.population, placed.student_id, days.calendar_date)
            )
    ),

    counted_by_day as (
        select
            policy_id,
            school_year,
            population,
            level,
            entity_id,
            student_id,
            count(*) as days_enrolled,
            count(*) filter (where is_recorded) as days_expected,
            sum(days_absent) as days_absent,
            count(*) filter (where is_daily and not is_recorded) as days_not_reported
        from days_in_entities
        group by policy_id, school_year, population, level, entity_id, student_id
    )

select
    added_up.policy_id,
    added_up.school_year,
    added_up.population,
    added_up.level,
    added_up.entity_id,
    added_up.student_id,
    added_up.days_in_year,
    cast(added_up.days_enrolled + coalesce(counted_by_day.days_enrolled, 0) as decimal(18, 4)) as days_enrolled,
    cast(added_up.days_expected + coalesce(counted_by_day.days_expected, 0) as decimal(18, 4)) as days_expected,
    cast(added_up.days_absent + coalesce(counted_by_day.days_absent, 0) as decimal(18, 4)) as days_absent,
    cast(
        added_up.days_not_reported + coalesce(counted_by_day.days_not_reported, 0) as decimal(18, 4)
    ) as days_not_reported,
    added_up.is_exempt,
    case
        when added_up.days_in_year is null
        then
            case
                added_up.level
                when 'school'
                then added_up.is_declared_for_school
                when 'district'
                then added_up.is_declared_for_district
                else added_up.is_declared_for_state
            end
        when policy.share_of_year_boundary = 'at_least'
        then
            added_up.days_enrolled + coalesce(counted_by_day.days_enrolled, 0)
            >= policy.share_of_year_minimum * added_up.days_in_year
        else
            added_up.days_enrolled + coalesce(counted_by_day.days_enrolled, 0)
            > policy.share_of_year_minimum * added_up.days_in_year
    end as is_full_academic_year,
    case
        when added_up.days_in_year is not null
        then 'computed'
        when
            added_up.is_declared_for_school is not null
            or added_up.is_declared_for_district is not null
            or added_up.is_declared_for_state is not null
        then 'declared'
    end as full_academic_year_basis
from added_up
inner join
    policy
    on added_up.policy_id = policy.policy_id
    and added_up.level = policy.level
    and added_up.school_year between policy.first_school_year and policy.last_school_year
left join
    counted_by_day
    on added_up.policy_id = counted_by_day.policy_id
    and added_up.school_year = counted_by_day.school_year
    and added_up.population = counted_by_day.population
    and added_up.level = counted_by_day.level
    and added_up.entity_id = counted_by_day.entity_id
    and added_up.student_id = counted_by_day.student_id
