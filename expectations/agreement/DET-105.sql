select
    determination.row as row, determination.competency_id || ', ' || determination.framework_version as seen, null as expected
from determination
where
    determination.competency_id is not null
    and determination.framework_version is not null
    and not exists (
        select 1
        from competency
        where
            competency.competency_id = determination.competency_id
            and competency.framework_version = determination.framework_version
    )
    and not exists (select 1 from competency_set_aside as aside where aside.competency_id = determination.competency_id)
