with secondary as (
    select
        enrollment.row,
        enrollment.student_id,
        coalesce(enrollment.entry_date, submission.first_day) as begins,
        coalesce(enrollment.exit_date, submission.last_day) as ends
    from enrollment
    cross join submission
    where not enrollment.is_primary_school
)
select later.row as row, cast(count(*) + 1 as varchar) as seen, '2' as expected
from secondary as later
inner join secondary as earlier on earlier.student_id = later.student_id
where
    (earlier.begins < later.begins or (earlier.begins = later.begins and earlier.row < later.row))
    and earlier.ends > later.begins
group by later.row
having count(*) >= 2
