with spells as (
    select
        student_status.row,
        student_status.begin_date,
        lag(student_status.end_date) over (
            partition by student_status.student_id
            order by student_status.begin_date nulls first, student_status.row
        ) as earlier_end
    from student_status
    where student_status.status = 'english_learner' and student_status.student_id is not null
)
select spells.row as row, cast(spells.begin_date as varchar) as seen, cast(spells.earlier_end as varchar) as expected
from spells
where spells.begin_date - spells.earlier_end between 1 and 30
