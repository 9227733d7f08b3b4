select discipline.row as row, cast(discipline.begin_date as varchar) as seen, null as expected
from discipline
where
    discipline.action = 'out_of_school_suspension'
    and discipline.student_id is not null
    and exists (select 1 from attendance as known where known.attendance_date is not null)
    and not exists (
        select 1
        from attendance
        where
            attendance.student_id = discipline.student_id
            and attendance.attendance_date between discipline.begin_date
            and coalesce(discipline.end_date, discipline.begin_date)
    )
    and not exists (select 1 from attendance_set_aside as aside where aside.student_id = discipline.student_id)
