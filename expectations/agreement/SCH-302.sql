select school.row as row, coalesce(school.operational_status, 'open') as seen, listed.operational_status as expected
from school
inner join school_of_state as listed on listed.school_id = school.school_id
where
    coalesce(school.operational_status, 'open') in ('open', 'new')
    and listed.operational_status in ('closed', 'inactive')
