with schools as (
    select enrollment.school_id, count(distinct enrollment.student_id) as students
    from enrollment
    group by enrollment.school_id
)
select null as row, schools.school_id || ': 0 / ' || cast(schools.students as varchar) as seen, null as expected
from schools
where
    schools.students >= 100
    and not exists (select 1 from discipline where discipline.school_id = schools.school_id)
    and not exists (select 1 from discipline_set_aside as aside where aside.school_id = schools.school_id)
