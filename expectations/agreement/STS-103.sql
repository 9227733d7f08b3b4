select min(student_status.row) as row, null as seen, 'ELP' as expected
from student_status
inner join enrollment on enrollment.student_id = student_status.student_id and enrollment.exit_date is null
where
    student_status.status = 'english_learner'
    and student_status.end_date is null
    and exists (select 1 from assessment where assessment.subject = 'ELP')
    and not exists (
        select 1
        from assessment
        where assessment.subject = 'ELP' and assessment.student_id = student_status.student_id
    )
    and not exists (select 1 from assessment_set_aside as aside where aside.student_id = student_status.student_id)
group by student_status.student_id
