select student.row as row, registry.registry_status as seen, 'active' as expected
from student
inner join student_registry_of_state as registry on registry.student_id = student.student_id
where registry.registry_status in ('merged', 'retired')
