with spells as (
    select
        enrollment.student_id,
        coalesce(enrollment.entry_date, submission.first_day) as begins,
        coalesce(enrollment.exit_date, submission.last_day) as ends
    from enrollment
    cross join submission
),
judged as (
    select
        assessment.row,
        assessment.administration_date,
        bool_or(assessment.administration_date between spells.begins and spells.ends) as is_enrolled
    from assessment
    inner join spells on spells.student_id = assessment.student_id
    where assessment.administration_date is not null
    group by assessment.row, assessment.administration_date
)
select judged.row as row, cast(judged.administration_date as varchar) as seen, null as expected
from judged
where not judged.is_enrolled
