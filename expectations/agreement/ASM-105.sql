with results as (
    select
        assessment.row,
        assessment.attempt_number,
        min(assessment.row) over (
            partition by
                assessment.student_id,
                assessment.subject,
                assessment.grade_assessed,
                coalesce(assessment.assessment_form, 'regular'),
                assessment.assessment_id,
                assessment.test_window,
                assessment.attempt_number
        ) as first_row
    from assessment
    where
        assessment.participation_status = 'participated'
        and assessment.student_id is not null
        and assessment.subject is not null
        and assessment.subject <> 'ELP'
)
select results.row as row, coalesce(cast(results.attempt_number as varchar), 'blank') as seen, null as expected
from results
where results.row > results.first_row
