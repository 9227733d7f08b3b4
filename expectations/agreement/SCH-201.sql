select school.row as row, school.school_id as seen, min(before.school_id) as expected
from school
inner join school_last_year as before on lower(before.school_name) = lower(school.school_name)
where
    before.school_id <> school.school_id
    and not exists (select 1 from school as again where again.school_id = before.school_id)
    and not exists (select 1 from school_last_year as known where known.school_id = school.school_id)
group by school.row, school.school_id
