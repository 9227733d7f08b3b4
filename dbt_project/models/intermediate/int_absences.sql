-- What a day of absence counts under each attendance policy: once per student, school and instructional day, within the
-- student's enrollment.
with
    attendance as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            attendance_date,
            fraction_absent,
            coalesce(absence_type, 'not_stated') as absence_type
        from {{ ref("stg_attendance") }}
        where attendance_date is not null and fraction_absent > 0
    ),

    spells as (
        select school_year, district_id, school_id, student_id, entry_date, exit_date
        from {{ ref("int_enrollment_spells") }}
    ),

    days as (
        select policy_id, school_year, district_id, school_id, calendar_date from {{ ref("int_instructional_days") }}
    ),

    policy as (
        select policy_id, partial_days, whole_day_minimum, counted_absence_types, first_school_year, last_school_year
        from {{ ref("policy_attendance") }}
    )

select
    policy.policy_id,
    attendance.school_year,
    attendance.district_id,
    attendance.school_id,
    attendance.student_id,
    attendance.attendance_date,
    cast(
        max(
            case
                when policy.partial_days = 'part'
                then least(1, attendance.fraction_absent)
                when attendance.fraction_absent >= policy.whole_day_minimum
                then 1
                else 0
            end
        ) as decimal(18, 4)
    ) as days_absent
from attendance
inner join
    spells
    on attendance.school_year = spells.school_year
    and attendance.district_id = spells.district_id
    and attendance.school_id = spells.school_id
    and attendance.student_id = spells.student_id
    and attendance.attendance_date between spells.entry_date and spells.exit_date
inner join
    days
    on attendance.school_year = days.school_year
    and attendance.district_id = days.district_id
    and attendance.school_id = days.school_id
    and attendance.attendance_date = days.calendar_date
inner join
    policy
    on days.policy_id = policy.policy_id
    and attendance.school_year between policy.first_school_year and policy.last_school_year
    and position(concat(';', attendance.absence_type, ';') in concat(';', policy.counted_absence_types, ';')) > 0
group by
    policy.policy_id,
    attendance.school_year,
    attendance.district_id,
    attendance.school_id,
    attendance.student_id,
    attendance.attendance_date
