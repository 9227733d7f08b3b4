select determination.row as row, null as seen, null as expected
from determination
cross join submission
where
    determination.is_mastery
    and determination.origin = 'instruction'
    and determination.decided_date >= submission.first_day
    and determination.student_id is not null
    and not exists (select 1 from evidence where evidence.determination_id = determination.determination_id)
    and not exists (
        select 1
        from evidence
        where
            evidence.student_id = determination.student_id
            and evidence.competency_id = determination.competency_id
            and evidence.framework_version = determination.framework_version
    )
    and not exists (select 1 from evidence_set_aside as aside where aside.student_id = determination.student_id)
