with counts as (
    select
        (
            select coalesce(sum(staff_assignment.full_time_equivalent), 0)
            from staff_assignment
            where staff_assignment.assignment_kind in ('teacher', 'co_teacher', 'special_education_teacher')
        ) as now_positions,
        (
            select coalesce(sum(before.full_time_equivalent), 0)
            from staff_assignment_last_year as before
            where before.assignment_kind in ('teacher', 'co_teacher', 'special_education_teacher')
        ) as before_positions
)
select null as row, cast(counts.now_positions as varchar) as seen, cast(counts.before_positions as varchar) as expected
from counts
where
    counts.before_positions >= 10
    and abs(counts.now_positions - counts.before_positions) * 100 >= counts.before_positions * 25
