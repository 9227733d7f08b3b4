select enrollment.row as row, enrollment.grade as seen, null as expected
from enrollment
where
    enrollment.grade in ('09', '10', '11', '12')
    and enrollment.exit_date is null
    and coalesce(enrollment.is_primary_school, true)
    and enrollment.student_id is not null
    and not exists (select 1 from section_enrollment where section_enrollment.student_id = enrollment.student_id)
    and not exists (
        select 1 from section_enrollment_set_aside as aside where aside.student_id = enrollment.student_id
    )
