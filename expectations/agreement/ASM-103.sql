select assessment.row as row, assessment.school_id as seen, null as expected
from assessment
where
    assessment.school_id is not null
    and not exists (select 1 from school where school.school_id = assessment.school_id)
    and not exists (select 1 from school_set_aside as aside where aside.school_id = assessment.school_id)
