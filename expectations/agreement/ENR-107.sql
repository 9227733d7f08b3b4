with spells as (
    select
        enrollment.row,
        enrollment.student_id,
        enrollment.school_id,
        coalesce(enrollment.is_primary_school, false) as is_primary,
        coalesce(enrollment.entry_date, submission.first_day) as begins,
        coalesce(enrollment.exit_date, submission.last_day) as ends
    from enrollment
    cross join submission
)
select later.row as row, min(earlier.school_id) || '; ' || min(later.school_id) as seen, null as expected
from spells as later
inner join spells as earlier on earlier.student_id = later.student_id
where
    earlier.row < later.row
    and earlier.school_id <> later.school_id
    and not earlier.is_primary
    and not later.is_primary
    and earlier.begins < later.ends
    and later.begins < earlier.ends
group by later.row
