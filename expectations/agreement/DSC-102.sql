with spells as (
    select
        enrollment.student_id,
        enrollment.school_id,
        coalesce(enrollment.entry_date, submission.first_day) as begins,
        coalesce(enrollment.exit_date, submission.last_day) as ends
    from enrollment
    cross join submission
)
select discipline.row as row, cast(discipline.begin_date as varchar) as seen, null as expected
from discipline
where
    exists (select 1 from spells where spells.student_id = discipline.student_id)
    and not exists (
        select 1
        from spells
        where spells.student_id = discipline.student_id and discipline.begin_date between spells.begins and spells.ends
    )
