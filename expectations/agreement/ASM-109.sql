-- One test of one grade has one table of cut scores, so its levels follow its scores.
with results as (
    select
        assessment.row,
        assessment.scale_score,
        assessment.performance_level,
        assessment.subject || '|' || assessment.grade_assessed || '|' || coalesce(assessment.assessment_id, '') || '|'
        || coalesce(assessment.language_domain, '') || '|' || coalesce(assessment.test_window, '') || '|'
        || case when assessment.assessment_form in ('alternate', 'end_of_course') then assessment.assessment_form else '' end
        as test
    from assessment
    where assessment.scale_score is not null and assessment.performance_level is not null
),
levels as (
    select results.test, results.performance_level, avg(results.scale_score) as average_score
    from results
    group by results.test, results.performance_level
    having count(*) >= 10
)
select distinct results.row as row, null as seen, null as expected
from results
inner join levels on levels.test = results.test
where
    (levels.performance_level > results.performance_level and levels.average_score < results.scale_score)
    or (levels.performance_level < results.performance_level and levels.average_score > results.scale_score)
