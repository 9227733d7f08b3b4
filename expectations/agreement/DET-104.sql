select
    determination.row as row,
    cast(determination.decided_date as varchar) as seen,
    cast(earlier.decided_date as varchar) as expected
from determination
inner join determination as earlier on earlier.determination_id = determination.supersedes_determination_id
where
    earlier.determination_id <> determination.determination_id
    and (
        earlier.decided_date > determination.decided_date
        or earlier.student_id <> determination.student_id
        or earlier.competency_id <> determination.competency_id
    )
