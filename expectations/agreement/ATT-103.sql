with spells as (
    select
        enrollment.student_id,
        enrollment.school_id,
        coalesce(enrollment.entry_date, submission.first_day) as begins,
        coalesce(enrollment.exit_date, submission.last_day) as ends
    from enrollment
    cross join submission
),
taught as (
    select attendance.row, count(distinct calendar.calendar_date) as days
    from attendance
    inner join spells on spells.student_id = attendance.student_id and spells.school_id = attendance.school_id
    inner join calendar
        on
            calendar.school_id = attendance.school_id
            and calendar.is_instructional
            and calendar.calendar_date between spells.begins and spells.ends
    where attendance.days_expected is not null
    group by attendance.row
)
select attendance.row as row, cast(attendance.days_expected as varchar) as seen, cast(taught.days as varchar) as expected
from attendance
inner join taught on taught.row = attendance.row
where attendance.days_expected > taught.days
