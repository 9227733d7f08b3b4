select attendance.row as row, cast(attendance.attendance_date as varchar) as seen, null as expected
from attendance
where
    attendance.absence_type = 'out_of_school_suspension'
    and attendance.attendance_date is not null
    and attendance.student_id is not null
    and not exists (
        select 1
        from discipline
        where
            discipline.student_id = attendance.student_id
            and discipline.action in (
                'out_of_school_suspension', 'expulsion_with_services', 'expulsion_without_services', 'interim_setting'
            )
            and discipline.begin_date <= attendance.attendance_date
            and coalesce(discipline.end_date, attendance.attendance_date) >= attendance.attendance_date
    )
    and not exists (select 1 from discipline_set_aside as aside where aside.student_id = attendance.student_id)
