select calendar.row as row, calendar.school_id as seen, null as expected
from calendar
where
    calendar.school_id is not null
    and not exists (select 1 from school where school.school_id = calendar.school_id)
    and not exists (select 1 from school_set_aside as aside where aside.school_id = calendar.school_id)
