select school.row as row, school.school_id as seen, null as expected
from school
where
    coalesce(school.operational_status, 'open') in ('open', 'new')
    and school.school_id is not null
    and not exists (select 1 from enrollment where enrollment.school_id = school.school_id)
    and not exists (select 1 from enrollment_set_aside as aside where aside.school_id = school.school_id)
