select student_status.row as row, null as seen, null as expected
from student_status
where
    student_status.student_id is not null
    and not exists (select 1 from student where student.student_id = student_status.student_id)
    and not exists (select 1 from student_set_aside as aside where aside.student_id = student_status.student_id)
