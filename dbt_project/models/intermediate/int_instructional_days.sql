-- The days on which a school taught, by the calendar of the district that sent it, within the school year from July
-- to June: a calendar of next year that comes early changes nothing. A month in which many students were taught and
-- nobody was absent has no attendance records.
with
    calendars as (
        select school_year, district_id, school_id, calendar_date, is_instructional, instructional_month, record_line
        from {{ ref("stg_calendar") }}
        where
            calendar_date between make_date(school_year - 1, 7, 1) and make_date(school_year, 6, 30)
            and is_instructional is not null
    ),

    enrollments as (
        select
            school_year,
            district_id,
            school_id,
            coalesce(entry_date, make_date(school_year - 1, 7, 1)) as entry_date,
            coalesce(exit_date, make_date(school_year, 6, 30)) as exit_date
        from {{ ref("stg_enrollment") }}
    ),

    absences as (
        select distinct school_year, district_id, school_id, attendance_date
        from {{ ref("stg_attendance") }}
        where attendance_date is not null
    ),

    policy as (
        select policy_id, first_school_year, last_school_year, judged_student_days from {{ ref("policy_attendance") }}
    ),

    days as (
        select
            school_year,
            district_id,
            school_id,
            calendar_date,
            coalesce(min(instructional_month), extract(month from calendar_date) + 100) as instructional_month
        from calendars
        group by school_year, district_id, school_id, calendar_date
        having min_by(is_instructional, record_line)
    ),

    changes as (
        select school_year, district_id, school_id, change_date, sum(change) as change
        from
            (
                select school_year, district_id, school_id, entry_date as change_date, 1 as change
                from enrollments
                where entry_date <= exit_date
                union all
                select school_year, district_id, school_id, exit_date + 1 as change_date, -1 as change
                from enrollments
                where entry_date <= exit_date
            ) as entries_and_exits
        group by school_year, district_id, school_id, change_date
    ),

    headcounts as (
        select
            days.school_year,
            days.district_id,
            days.school_id,
            days.calendar_date,
            days.instructional_month,
            coalesce(sum(changes.change), 0) as headcount
        from days
        left join
            changes
            on days.school_year = changes.school_year
            and days.district_id = changes.district_id
            and days.school_id = changes.school_id
            and changes.change_date <= days.calendar_date
        group by all
    ),

    months as (
        select
            headcounts.school_year,
            headcounts.district_id,
            headcounts.school_id,
            headcounts.instructional_month,
            sum(headcounts.headcount) as student_days,
            count(absences.attendance_date) as days_with_absences
        from headcounts
        left join
            absences
            on headcounts.school_year = absences.school_year
            and headcounts.district_id = absences.district_id
            and headcounts.school_id = absences.school_id
            and headcounts.calendar_date = absences.attendance_date
        group by all
    )

select
    policy.policy_id,
    days.school_year,
    days.district_id,
    days.school_id,
    days.calendar_date,
    months.days_with_absences > 0 or months.student_days < policy.judged_student_days as has_attendance_records
from days
inner join
    months
    on days.school_year = months.school_year
    and days.district_id = months.district_id
    and days.school_id = months.school_id
    and days.instructional_month = months.instructional_month
inner join policy on days.school_year between policy.first_school_year and policy.last_school_year
