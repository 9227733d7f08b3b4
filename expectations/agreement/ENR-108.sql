select enrollment.row as row, enrollment.accountable_school_id as seen, null as expected
from enrollment
where
    enrollment.accountable_school_id is not null
    and not exists (select 1 from school where school.school_id = enrollment.accountable_school_id)
    and not exists (select 1 from school_set_aside as aside where aside.school_id = enrollment.accountable_school_id)
