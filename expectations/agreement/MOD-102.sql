with schools as (
    select
        evidence.school_id,
        count(*) as scored,
        count(*) filter (
            where exists (select 1 from moderation_score where moderation_score.evidence_id = evidence.evidence_id)
        ) as scored_twice
    from evidence
    where evidence.score is not null and evidence.school_id is not null
    group by evidence.school_id
)
select
    null as row,
    schools.school_id || ': ' || cast(schools.scored_twice as varchar) || ' / ' || cast(schools.scored as varchar)
    as seen,
    '5 %' as expected
from schools
where schools.scored >= 20 and schools.scored_twice * 100 < schools.scored * 5
