with scores as (
    select assessment.school_id, assessment.subject, assessment.grade_assessed, assessment.scale_score, count(*) as same
    from assessment
    where assessment.scale_score is not null
    group by assessment.school_id, assessment.subject, assessment.grade_assessed, assessment.scale_score
),
groups as (
    select scores.school_id, scores.subject, scores.grade_assessed, max(scores.same) as most, sum(scores.same) as tested
    from scores
    group by scores.school_id, scores.subject, scores.grade_assessed
)
select
    null as row,
    groups.school_id || ', ' || groups.subject || ', ' || groups.grade_assessed || ': ' || cast(groups.most as varchar)
    || ' / ' || cast(cast(groups.tested as bigint) as varchar) as seen,
    '< 80 %' as expected
from groups
inner join code_subjects as known_subject on known_subject.code = groups.subject
inner join code_grades as known_grade on known_grade.code = groups.grade_assessed
where groups.tested >= 30 and groups.most * 100 >= groups.tested * 80
