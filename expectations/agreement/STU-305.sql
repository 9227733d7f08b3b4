select student.row as row, null as seen, null as expected
from student
where
    exists (
        select 1
        from student_registry_of_state as registry
        where
            registry.student_id <> student.student_id
            and coalesce(registry.registry_status, 'active') = 'active'
            and registry.birth_date = student.birth_date
            and lower(registry.last_name) = lower(student.last_name)
            and lower(registry.first_name) = lower(student.first_name)
            and coalesce(registry.sex = student.sex, true)
    )
