select moderation_score.row as row, moderation_score.evidence_id as seen, null as expected
from moderation_score
where
    moderation_score.evidence_id is not null
    and not exists (select 1 from evidence where evidence.evidence_id = moderation_score.evidence_id)
    and not exists (select 1 from evidence_set_aside as aside where aside.evidence_id = moderation_score.evidence_id)
