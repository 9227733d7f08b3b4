select student.row as row, null as seen, null as expected
from student
where
    student.student_id is not null
    and not exists (
        select 1 from student_registry_of_state as registry where registry.student_id = student.student_id
    )
