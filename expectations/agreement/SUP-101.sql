with spells as (
    select
        enrollment.student_id,
        enrollment.school_id,
        coalesce(enrollment.entry_date, submission.first_day) as begins,
        coalesce(enrollment.exit_date, submission.last_day) as ends
    from enrollment
    cross join submission
)
select support_service.row as row, cast(support_service.service_date as varchar) as seen, null as expected
from support_service
where
    support_service.student_id is not null
    and not exists (
        select 1
        from spells
        where
            spells.student_id = support_service.student_id
            and support_service.service_date between spells.begins and spells.ends
    )
    and not exists (select 1 from enrollment_set_aside as aside where aside.student_id = support_service.student_id)
