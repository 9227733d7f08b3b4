select assessment.row as row, null as seen, null as expected
from assessment
where
    assessment.student_id is not null
    and not exists (select 1 from enrollment where enrollment.student_id = assessment.student_id)
    and not exists (select 1 from enrollment_set_aside as aside where aside.student_id = assessment.student_id)
