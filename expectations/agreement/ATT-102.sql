select attendance.row as row, cast(attendance.attendance_date as varchar) as seen, null as expected
from attendance
where
    attendance.attendance_date is not null
    and exists (select 1 from calendar as known where known.school_id = attendance.school_id)
    and not exists (
        select 1
        from calendar
        where
            calendar.school_id = attendance.school_id
            and calendar.calendar_date = attendance.attendance_date
            and calendar.is_instructional
    )
