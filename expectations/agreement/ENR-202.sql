with now_counts as (
    select enrollment.grade, count(distinct enrollment.student_id) as students
    from enrollment
    where enrollment.grade is not null
    group by enrollment.grade
),
before_counts as (
    select before.grade, count(distinct before.student_id) as students
    from enrollment_last_year as before
    where before.grade is not null
    group by before.grade
)
select
    null as row,
    before_counts.grade || ': ' || cast(coalesce(now_counts.students, 0) as varchar) as seen,
    cast(before_counts.students as varchar) as expected
from before_counts
left join now_counts on now_counts.grade = before_counts.grade
where
    before_counts.students >= 100
    and abs(coalesce(now_counts.students, 0) - before_counts.students) * 100 >= before_counts.students * 30
