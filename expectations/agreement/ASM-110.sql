with subjects as (
    select
        assessment.subject,
        count(distinct assessment.student_id) as tested,
        count(distinct assessment.student_id) filter (where assessment.assessment_form = 'alternate') as alternate
    from assessment
    where assessment.participation_status in ('participated', 'participated_no_score') and assessment.subject <> 'ELP'
    group by assessment.subject
)
select
    null as row,
    subjects.subject || ': ' || cast(subjects.alternate as varchar) || ' / ' || cast(subjects.tested as varchar) as seen,
    '1 %' as expected
from subjects
where subjects.tested >= 100 and subjects.alternate * 100 > subjects.tested
