select
    determination.row as row,
    cast(determination.decided_date as varchar) || ', ' || determination.competency_id as seen,
    cast(before.decided_date as varchar) || ', ' || before.competency_id as expected
from determination
inner join determination_last_year as before on before.determination_id = determination.determination_id
where
    before.student_id <> determination.student_id
    or before.competency_id <> determination.competency_id
    or before.decided_date <> determination.decided_date
    or before.is_mastery <> determination.is_mastery
