select
    competency_edge.row as row,
    competency_edge.from_competency_id || ', ' || competency_edge.to_competency_id as seen,
    null as expected
from competency_edge
where
    not exists (
        select 1
        from competency
        where
            competency.competency_id = competency_edge.from_competency_id
            and competency.framework_version = competency_edge.framework_version
    )
    or not exists (
        select 1
        from competency
        where
            competency.competency_id = competency_edge.to_competency_id
            and competency.framework_version = competency_edge.framework_version
    )
