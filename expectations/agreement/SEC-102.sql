select course_section.row as row, course_section.school_id as seen, null as expected
from course_section
where
    course_section.school_id is not null
    and not exists (select 1 from school where school.school_id = course_section.school_id)
    and not exists (select 1 from school_set_aside as aside where aside.school_id = course_section.school_id)
