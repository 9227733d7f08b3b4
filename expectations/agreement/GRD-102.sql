with seniors as (
    select enrollment.school_id, count(distinct enrollment.student_id) as students
    from enrollment
    where enrollment.grade = '12' and enrollment.exit_date is null
    group by enrollment.school_id
)
select null as row, seniors.school_id || ': 0 / ' || cast(seniors.students as varchar) as seen, null as expected
from seniors
where
    seniors.students >= 10
    and not exists (
        select 1
        from graduation_cohort
        where graduation_cohort.school_id = seniors.school_id and graduation_cohort.outcome = 'graduated'
    )
