with students as (
    select
        attendance.school_id,
        attendance.student_id,
        sum(attendance.days_absent) * 10 >= sum(attendance.days_expected) as is_chronic
    from attendance
    where attendance.days_expected > 0 and attendance.days_absent is not null
    group by attendance.school_id, attendance.student_id
),
schools as (
    select students.school_id, count(*) as students, count(*) filter (where students.is_chronic) as chronic
    from students
    group by students.school_id
)
select
    null as row,
    schools.school_id || ': ' || cast(schools.chronic as varchar) || ' / ' || cast(schools.students as varchar) as seen,
    '> 0 %, < 60 %' as expected
from schools
where schools.students >= 30 and (schools.chronic = 0 or schools.chronic * 100 >= schools.students * 60)
