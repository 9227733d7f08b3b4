select student_status.row as row, cast(student_status.begin_date as varchar) as seen, 'ELP' as expected
from student_status
cross join submission
where
    student_status.status = 'former_english_learner'
    and student_status.begin_date >= submission.first_day
    and exists (select 1 from assessment_last_year as known where known.subject = 'ELP')
    and not exists (
        select 1
        from assessment
        where
            assessment.student_id = student_status.student_id
            and assessment.subject = 'ELP'
            and assessment.performance_level is not null
    )
    and not exists (
        select 1
        from assessment_last_year as before
        where
            before.student_id = student_status.student_id
            and before.subject = 'ELP'
            and before.performance_level is not null
    )
    and not exists (select 1 from assessment_set_aside as aside where aside.student_id = student_status.student_id)
