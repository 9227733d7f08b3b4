with enrolled as (
    select enrollment.student_id, enrollment.grade, min(enrollment.row) as row
    from enrollment
    where enrollment.exit_date is null and enrollment.student_id is not null and enrollment.grade is not null
    group by enrollment.student_id, enrollment.grade
),
registered as (
    select distinct assessment.student_id, assessment.subject
    from assessment
),
tested as (
    select enrolled.grade, registered.subject, count(*) as registered_count
    from enrolled
    inner join registered on registered.student_id = enrolled.student_id
    group by enrolled.grade, registered.subject
),
sizes as (
    select enrolled.grade, count(*) as enrolled_count
    from enrolled
    group by enrolled.grade
)
select enrolled.row as row, tested.subject as seen, null as expected
from enrolled
inner join sizes on sizes.grade = enrolled.grade
inner join tested on tested.grade = enrolled.grade and tested.registered_count * 2 > sizes.enrolled_count
where
    not exists (
        select 1
        from registered
        where registered.student_id = enrolled.student_id and registered.subject = tested.subject
    )
    and not exists (select 1 from assessment_set_aside as aside where aside.student_id = enrolled.student_id)
