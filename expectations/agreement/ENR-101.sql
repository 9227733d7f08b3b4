select enrollment.row as row, enrollment.school_id as seen, null as expected
from enrollment
where
    enrollment.school_id is not null
    and not exists (select 1 from school where school.school_id = enrollment.school_id)
    and not exists (select 1 from school_set_aside as aside where aside.school_id = enrollment.school_id)
