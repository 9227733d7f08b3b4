with domains as (
    select
        assessment.student_id,
        coalesce(assessment.assessment_id, '') as test,
        min(assessment.performance_level) as lowest,
        max(assessment.performance_level) as highest
    from assessment
    where
        assessment.subject = 'ELP'
        and assessment.language_domain <> 'composite'
        and assessment.performance_level is not null
    group by assessment.student_id, coalesce(assessment.assessment_id, '')
    having count(distinct assessment.language_domain) = 4
)
select assessment.row as row, null as seen, null as expected
from assessment
inner join
    domains on domains.student_id = assessment.student_id and domains.test = coalesce(assessment.assessment_id, '')
where
    assessment.subject = 'ELP'
    and coalesce(assessment.language_domain, 'composite') = 'composite'
    and (assessment.performance_level > domains.highest or assessment.performance_level < domains.lowest)
