select
    evidence.row as row, evidence.competency_id || ', ' || evidence.framework_version as seen, null as expected
from evidence
where
    evidence.competency_id is not null
    and evidence.framework_version is not null
    and not exists (
        select 1
        from competency
        where
            competency.competency_id = evidence.competency_id
            and competency.framework_version = evidence.framework_version
    )
    and not exists (select 1 from competency_set_aside as aside where aside.competency_id = evidence.competency_id)
