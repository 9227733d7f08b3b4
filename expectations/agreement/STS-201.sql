with now_counts as (
    select student_status.status, count(distinct student_status.student_id) as students
    from student_status
    group by student_status.status
),
before_counts as (
    select before.status, count(distinct before.student_id) as students
    from student_status_last_year as before
    where before.status in ('disability', 'english_learner')
    group by before.status
)
select
    null as row,
    before_counts.status || ': ' || cast(coalesce(now_counts.students, 0) as varchar) as seen,
    cast(before_counts.students as varchar) as expected
from before_counts
left join now_counts on now_counts.status = before_counts.status
where
    before_counts.students >= 10
    and abs(coalesce(now_counts.students, 0) - before_counts.students) * 100 >= before_counts.students * 25
