select course_section.row as row, course_section.section_id as seen, null as expected
from course_section
where
    not exists (select 1 from section_enrollment where section_enrollment.section_id = course_section.section_id)
    and not exists (
        select 1 from section_enrollment_set_aside as aside where aside.section_id = course_section.section_id
    )
