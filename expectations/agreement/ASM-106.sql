with tested as (
    select assessment.school_id, assessment.subject, count(distinct assessment.student_id) as tested_count
    from assessment
    where assessment.participation_status in ('participated', 'participated_no_score')
    group by assessment.school_id, assessment.subject
),
enrolled as (
    select enrollment.school_id, count(distinct enrollment.student_id) as enrolled_count
    from enrollment
    group by enrollment.school_id
)
select
    null as row,
    tested.school_id || ', ' || tested.subject || ': ' || cast(tested.tested_count as varchar) as seen,
    cast(enrolled.enrolled_count as varchar) as expected
from tested
inner join enrolled on enrolled.school_id = tested.school_id
inner join code_subjects as known on known.code = tested.subject
where tested.tested_count > enrolled.enrolled_count
