with spells as (
    select
        enrollment.row,
        enrollment.entry_date,
        max(coalesce(enrollment.exit_date, submission.last_day)) over (
            partition by enrollment.student_id
            order by coalesce(enrollment.entry_date, submission.first_day), enrollment.row
            rows between unbounded preceding and 1 preceding
        ) as earlier_end
    from enrollment
    cross join submission
    where enrollment.student_id is not null
)
select spells.row as row, cast(spells.entry_date as varchar) as seen, cast(spells.earlier_end as varchar) as expected
from spells
where spells.entry_date - spells.earlier_end > 30
