select min(assessment.row) as row, null as seen, 'ELP' as expected
from assessment
where
    assessment.subject = 'ELP'
    and assessment.participation_status = 'participated'
    and exists (
        select 1
        from student_status
        where student_status.student_id = assessment.student_id and student_status.status = 'english_learner'
    )
    and exists (
        select 1
        from student_status_last_year as before
        where
            before.student_id = assessment.student_id
            and before.status = 'english_learner'
            and before.end_date is null
    )
    and exists (
        select 1
        from enrollment_last_year as before
        where before.student_id = assessment.student_id and before.exit_date is null
    )
    and exists (select 1 from assessment_last_year as known where known.subject = 'ELP')
    and not exists (
        select 1
        from assessment_last_year as before
        where before.student_id = assessment.student_id and before.subject = 'ELP'
    )
group by assessment.student_id
