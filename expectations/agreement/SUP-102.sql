select support_service.row as row, support_service.target_competency_id as seen, null as expected
from support_service
where
    support_service.target_competency_id is not null
    and not exists (
        select 1
        from competency
        where
            competency.competency_id = support_service.target_competency_id
            and competency.framework_version
            = coalesce(support_service.framework_version, competency.framework_version)
    )
    and not exists (
        select 1 from competency_set_aside as aside where aside.competency_id = support_service.target_competency_id
    )
