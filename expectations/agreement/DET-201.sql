select determination.row as row, null as seen, null as expected
from determination
where
    determination.supersedes_determination_id is not null
    and not exists (
        select 1
        from determination as earlier
        where earlier.determination_id = determination.supersedes_determination_id
    )
    and not exists (
        select 1
        from determination_last_year as earlier
        where earlier.determination_id = determination.supersedes_determination_id
    )
    and not exists (
        select 1
        from determination_set_aside as aside
        where aside.determination_id = determination.supersedes_determination_id
    )
