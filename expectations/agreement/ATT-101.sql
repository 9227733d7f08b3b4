with spells as (
    select
        enrollment.student_id,
        enrollment.school_id,
        coalesce(enrollment.entry_date, submission.first_day) as begins,
        coalesce(enrollment.exit_date, submission.last_day) as ends
    from enrollment
    cross join submission
)
select attendance.row as row, cast(attendance.attendance_date as varchar) as seen, attendance.school_id as expected
from attendance
where
    attendance.student_id is not null
    and not exists (
        select 1
        from spells
        where
            spells.student_id = attendance.student_id
            and spells.school_id = attendance.school_id
            and (
                attendance.attendance_date is null
                or attendance.attendance_date between spells.begins and spells.ends
            )
    )
    and not exists (select 1 from enrollment_set_aside as aside where aside.student_id = attendance.student_id)
