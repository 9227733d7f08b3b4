select course_section.row as row, null as seen, null as expected
from course_section
where
    course_section.staff_id is not null
    and not exists (select 1 from staff_assignment where staff_assignment.staff_id = course_section.staff_id)
    and not exists (select 1 from staff_assignment_set_aside as aside where aside.staff_id = course_section.staff_id)
