select enrollment.row as row, null as seen, null as expected
from enrollment
where
    enrollment.student_id is not null
    and not exists (select 1 from student where student.student_id = enrollment.student_id)
    and not exists (select 1 from student_set_aside as aside where aside.student_id = enrollment.student_id)
