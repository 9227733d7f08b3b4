select section_enrollment.row as row, section_enrollment.section_id as seen, null as expected
from section_enrollment
where
    section_enrollment.section_id is not null
    and not exists (select 1 from course_section where course_section.section_id = section_enrollment.section_id)
    and not exists (
        select 1 from course_section_set_aside as aside where aside.section_id = section_enrollment.section_id
    )
