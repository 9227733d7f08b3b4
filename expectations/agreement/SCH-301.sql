select school.row as row, school.school_id as seen, null as expected
from school
where
    school.school_id is not null
    and not exists (select 1 from school_of_state as listed where listed.school_id = school.school_id)
