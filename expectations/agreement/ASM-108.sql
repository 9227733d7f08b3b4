select assessment.row as row, assessment.subject as seen, 'english_learner' as expected
from assessment
cross join submission
where
    assessment.subject = 'ELP'
    and assessment.student_id is not null
    and not exists (
        select 1
        from student_status
        where
            student_status.student_id = assessment.student_id
            and student_status.status = 'english_learner'
            and coalesce(student_status.begin_date, submission.first_day)
            <= coalesce(assessment.administration_date, submission.last_day)
            and coalesce(student_status.end_date, submission.last_day)
            >= coalesce(assessment.administration_date, submission.first_day)
    )
    and not exists (select 1 from student_status_set_aside as aside where aside.student_id = assessment.student_id)
