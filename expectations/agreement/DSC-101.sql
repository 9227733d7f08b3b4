select discipline.row as row, discipline.school_id as seen, null as expected
from discipline
where
    discipline.student_id is not null
    and not exists (
        select 1
        from enrollment
        where enrollment.student_id = discipline.student_id and enrollment.school_id = discipline.school_id
    )
    and not exists (select 1 from enrollment_set_aside as aside where aside.student_id = discipline.student_id)
