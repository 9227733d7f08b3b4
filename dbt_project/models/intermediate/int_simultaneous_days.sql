-- The days of the few students who were enrolled in two schools at once, one row per school and instructional day, so
-- that a
-- day counts once wherever the schools are looked at together.
with
    stays as (
        select policy_id, school_year, district_id, school_id, student_id, first_date, last_date, attendance_basis
        from {{ ref("int_student_school_days") }}
    ),

    spells as (
        select school_year, district_id, school_id, student_id, entry_date, exit_date
        from {{ ref("int_enrollment_spells") }}
    ),

    days as (
        select policy_id, school_year, district_id, school_id, calendar_date, has_attendance_records
        from {{ ref("int_instructional_days") }}
    ),

    absences as (
        select policy_id, school_year, district_id, school_id, student_id, attendance_date, days_absent
        from {{ ref("int_absences") }}
    ),

    movers as (
        select policy_id, school_year, student_id
        from stays
        group by policy_id, school_year, student_id
        having count(*) > 1
    ),

    simultaneous as (
        select distinct policy_id, school_year, student_id
        from
            (
                select
                    policy_id,
                    school_year,
                    student_id,
                    first_date <= max(last_date) over (
                        partition by policy_id, school_year, student_id
                        order by first_date asc, last_date asc, district_id asc, school_id asc
                        rows between unbounded preceding and 1 preceding
                    ) as begins_within_another
                from stays
                inner join movers using (policy_id, school_year, student_id)
            ) as in_order
        where begins_within_another
    )

select
    stays.policy_id,
    stays.school_year,
    stays.district_id,
    stays.school_id,
    stays.student_id,
    days.calendar_date,
    stays.attendance_basis = 'daily' as is_daily,
    stays.attendance_basis = 'daily' and days.has_attendance_records as is_recorded,
    case when stays.attendance_basis = 'daily' then coalesce(absences.days_absent, 0) else 0 end as days_absent
from stays
inner join
    simultaneous
    on stays.policy_id = simultaneous.policy_id
    and stays.school_year = simultaneous.school_year
    and stays.student_id = simultaneous.student_id
inner join
    spells
    on stays.school_year = spells.school_year
    and stays.district_id = spells.district_id
    and stays.school_id = spells.school_id
    and stays.student_id = spells.student_id
inner join
    days
    on stays.policy_id = days.policy_id
    and stays.school_year = days.school_year
    and stays.district_id = days.district_id
    and stays.school_id = days.school_id
    and days.calendar_date between spells.entry_date and spells.exit_date
left join
    absences
    on stays.policy_id = absences.policy_id
    and stays.school_year = absences.school_year
    and stays.district_id = absences.district_id
    and stays.school_id = absences.school_id
    and stays.student_id = absences.student_id
    and days.calendar_date = absences.attendance_date
