select school.row as row, school.school_id as seen, null as expected
from school
where
    exists (select 1 from enrollment where enrollment.school_id = school.school_id)
    and not exists (select 1 from calendar where calendar.school_id = school.school_id and calendar.is_instructional)
    and not exists (select 1 from calendar_set_aside as aside where aside.school_id = school.school_id)
