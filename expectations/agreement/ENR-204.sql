with counts as (
    select
        count(*) as now_count,
        count(*) filter (
            where exists (
                select 1
                from enrollment_last_year as before
                where
                    before.student_id = enrollment.student_id
                    and before.school_id = enrollment.school_id
                    and before.grade = enrollment.grade
            )
        ) as same_count
    from enrollment
)
select
    null as row,
    cast(counts.same_count as varchar) || ' / ' || cast(counts.now_count as varchar) as seen,
    '< 95 %' as expected
from counts
where counts.now_count >= 30 and counts.same_count * 100 >= counts.now_count * 95
