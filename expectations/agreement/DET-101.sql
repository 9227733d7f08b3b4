with latest as (
    select evidence.determination_id, max(evidence.evidence_date) as evidence_date
    from evidence
    where evidence.determination_id is not null
    group by evidence.determination_id
)
select determination.row as row, cast(determination.decided_date as varchar) as seen, cast(latest.evidence_date as varchar) as expected
from determination
inner join latest on latest.determination_id = determination.determination_id
where determination.decided_date < latest.evidence_date
