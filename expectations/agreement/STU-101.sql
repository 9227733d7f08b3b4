select student.row as row, null as seen, null as expected
from student
where
    student.student_id is not null
    and not exists (select 1 from enrollment where enrollment.student_id = student.student_id)
    and not exists (select 1 from enrollment_set_aside as aside where aside.student_id = student.student_id)
