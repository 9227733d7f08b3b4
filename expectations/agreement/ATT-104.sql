with taught as (
    select calendar.school_id, count(*) as days, min(calendar.calendar_date) as first_day, max(calendar.calendar_date) as last_day
    from calendar
    where calendar.is_instructional
    group by calendar.school_id
)
select attendance.row as row, cast(attendance.days_expected as varchar) as seen, cast(taught.days as varchar) as expected
from attendance
inner join taught on taught.school_id = attendance.school_id
where
    attendance.days_expected * 10 < taught.days * 9
    and exists (
        select 1
        from enrollment
        where
            enrollment.student_id = attendance.student_id
            and enrollment.school_id = attendance.school_id
            and (enrollment.entry_date is null or enrollment.entry_date <= taught.first_day)
            and (enrollment.exit_date is null or enrollment.exit_date >= taught.last_day)
    )
