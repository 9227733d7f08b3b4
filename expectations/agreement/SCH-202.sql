select null as row, before.school_id as seen, null as expected
from school_last_year as before
where
    coalesce(before.operational_status, 'open') <> 'closed'
    and not exists (select 1 from school where school.school_id = before.school_id)
    and not exists (select 1 from school_set_aside as aside where aside.school_id = before.school_id)
group by before.school_id
