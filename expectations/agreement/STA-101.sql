select staff_assignment.row as row, staff_assignment.school_id as seen, null as expected
from staff_assignment
where
    staff_assignment.school_id is not null
    and not exists (select 1 from school where school.school_id = staff_assignment.school_id)
    and not exists (select 1 from school_set_aside as aside where aside.school_id = staff_assignment.school_id)
