-- The days of each student in each school: enrolled by the calendar, expected and absent by the attendance records.
-- These
-- come as one summary of an enrollment, or as a row for each absence; where a school sends the latter, a day without
-- a row
-- was attended, unless the school sent nothing for the month. What was not sent is neither present nor absent.
with
    spells as (
        select school_year, district_id, school_id, student_id, entry_date, exit_date, accountable_school_id
        from {{ ref("int_enrollment_spells") }}
        where student_id is not null
    ),

    days as (
        select policy_id, school_year, district_id, school_id, calendar_date, has_attendance_records
        from {{ ref("int_instructional_days") }}
    ),

    attendance as (
        select school_year, district_id, school_id, student_id, attendance_date, days_expected, days_absent, is_exempt
        from {{ ref("stg_attendance") }}
    ),

    absences as (
        select policy_id, school_year, district_id, school_id, student_id, sum(days_absent) as days_absent
        from {{ ref("int_absences") }}
        group by policy_id, school_year, district_id, school_id, student_id
    ),

    policy as (select policy_id, first_school_year, last_school_year from {{ ref("policy_attendance") }}),

    boundaries as (
        select school_year, district_id, school_id, entry_date as boundary_date
        from spells
        union
        select school_year, district_id, school_id, exit_date + 1 as boundary_date
        from spells
    ),

    days_before as (
        select
            days.policy_id,
            boundaries.school_year,
            boundaries.district_id,
            boundaries.school_id,
            boundaries.boundary_date,
            count(*) filter (where days.calendar_date < boundaries.boundary_date) as day_count,
            count(*) filter (
                where days.calendar_date < boundaries.boundary_date and days.has_attendance_records
            ) as recorded_day_count,
            count(*) as days_in_calendar
        from boundaries
        inner join
            days
            on boundaries.school_year = days.school_year
            and boundaries.district_id = days.district_id
            and boundaries.school_id = days.school_id
        group by
            days.policy_id,
            boundaries.school_year,
            boundaries.district_id,
            boundaries.school_id,
            boundaries.boundary_date
    ),

    enrolled as (
        select
            policy.policy_id,
            spells.school_year,
            spells.district_id,
            spells.school_id,
            spells.student_id,
            min(spells.accountable_school_id) as accountable_school_id,
            min(spells.entry_date) as first_date,
            max(spells.exit_date) as last_date,
            max(at_entry.days_in_calendar) as days_in_calendar,
            sum(greatest(0, after_exit.day_count - at_entry.day_count)) as days_enrolled,
            sum(greatest(0, after_exit.recorded_day_count - at_entry.recorded_day_count)) as days_recorded
        from spells
        inner join policy on spells.school_year between policy.first_school_year and policy.last_school_year
        left join
            days_before as at_entry
            on policy.policy_id = at_entry.policy_id
            and spells.school_year = at_entry.school_year
            and spells.district_id = at_entry.district_id
            and spells.school_id = at_entry.school_id
            and spells.entry_date = at_entry.boundary_date
        left join
            days_before as after_exit
            on policy.policy_id = after_exit.policy_id
            and spells.school_year = after_exit.school_year
            and spells.district_id = after_exit.district_id
            and spells.school_id = after_exit.school_id
            and spells.exit_date + 1 = after_exit.boundary_date
        group by policy.policy_id, spells.school_year, spells.district_id, spells.school_id, spells.student_id
    ),

    summaries as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            bool_or(coalesce(is_exempt, false)) as is_exempt,
            sum(days_expected) as days_expected,
            sum(days_absent) as days_absent,
            bool_and(coalesce(days_absent >= 0 and days_absent <= days_expected, false)) as is_possible
        from attendance
        where attendance_date is null or is_exempt
        group by school_year, district_id, school_id, student_id
    ),

    schools_with_days as (
        select distinct school_year, district_id, school_id, true as sends_days
        from attendance
        where attendance_date is not null
    )

select
    enrolled.policy_id,
    enrolled.school_year,
    enrolled.district_id,
    enrolled.school_id,
    enrolled.student_id,
    enrolled.accountable_school_id,
    enrolled.first_date,
    enrolled.last_date,
    cast(enrolled.days_in_calendar as decimal(18, 4)) as days_in_calendar,
    cast(
        case
            when enrolled.days_in_calendar is not null
            then enrolled.days_enrolled
            when summaries.is_possible
            then summaries.days_expected
        end as decimal(18, 4)
    ) as days_enrolled,
    case
        when summaries.is_exempt
        then 'exempt'
        when summaries.is_possible
        then 'summary'
        when summaries.is_possible is null and schools_with_days.sends_days and enrolled.days_in_calendar is not null
        then 'daily'
        else 'not_reported'
    end as attendance_basis,
    cast(
        case
            when summaries.is_exempt
            then 0
            when summaries.is_possible
            then summaries.days_expected
            when summaries.is_possible is null and schools_with_days.sends_days
            then coalesce(enrolled.days_recorded, 0)
            else 0
        end as decimal(18, 4)
    ) as days_expected,
    cast(
        case
            when summaries.is_exempt
            then 0
            when summaries.is_possible
            then summaries.days_absent
            when summaries.is_possible is null and schools_with_days.sends_days
            then coalesce(absences.days_absent, 0)
            else 0
        end as decimal(18, 4)
    ) as days_absent
from enrolled
left join
    summaries
    on enrolled.school_year = summaries.school_year
    and enrolled.district_id = summaries.district_id
    and enrolled.school_id = summaries.school_id
    and enrolled.student_id = summaries.student_id
left join
    schools_with_days
    on enrolled.school_year = schools_with_days.school_year
    and enrolled.district_id = schools_with_days.district_id
    and enrolled.school_id = schools_with_days.school_id
left join
    absences
    on enrolled.policy_id = absences.policy_id
    and enrolled.school_year = absences.school_year
    and enrolled.district_id = absences.district_id
    and enrolled.school_id = absences.school_id
    and enrolled.student_id = absences.student_id
