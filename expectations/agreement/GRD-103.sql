with schools as (
    select enrollment.school_id, count(distinct enrollment.student_id) as students
    from enrollment
    where enrollment.grade in ('09', '10', '11', '12')
    group by enrollment.school_id
)
select null as row, schools.school_id || ': 0 / ' || cast(schools.students as varchar) as seen, null as expected
from schools
where
    schools.students >= 100
    and exists (select 1 from graduation_cohort as member where member.school_id = schools.school_id)
    and not exists (
        select 1
        from graduation_cohort
        where
            graduation_cohort.school_id = schools.school_id
            and graduation_cohort.outcome in ('dropped_out', 'unknown')
    )
