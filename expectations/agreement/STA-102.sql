select staff_assignment.row as row, staff_assignment.section_id as seen, null as expected
from staff_assignment
where
    staff_assignment.section_id is not null
    and not exists (select 1 from course_section where course_section.section_id = staff_assignment.section_id)
    and not exists (
        select 1 from course_section_set_aside as aside where aside.section_id = staff_assignment.section_id
    )
