select enrollment.row as row, school.operational_status as seen, 'open; new' as expected
from enrollment
inner join school on school.school_id = enrollment.school_id
where school.operational_status in ('closed', 'inactive')
