with counts as (
    select
        (select count(distinct enrollment.student_id) from enrollment) as now_count,
        (select count(distinct before.student_id) from enrollment_last_year as before) as before_count
)
select null as row, cast(counts.now_count as varchar) as seen, cast(counts.before_count as varchar) as expected
from counts
where counts.before_count >= 100 and abs(counts.now_count - counts.before_count) * 100 >= counts.before_count * 20
