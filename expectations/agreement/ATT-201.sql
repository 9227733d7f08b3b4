with now_students as (
    select
        attendance.school_id,
        attendance.student_id,
        sum(attendance.days_absent) * 10 >= sum(attendance.days_expected) as is_chronic
    from attendance
    where attendance.days_expected > 0 and attendance.days_absent is not null
    group by attendance.school_id, attendance.student_id
),
before_students as (
    select
        attendance.school_id,
        attendance.student_id,
        sum(attendance.days_absent) * 10 >= sum(attendance.days_expected) as is_chronic
    from attendance_last_year as attendance
    where attendance.days_expected > 0 and attendance.days_absent is not null
    group by attendance.school_id, attendance.student_id
),
now_schools as (
    select now_students.school_id, count(*) as students, count(*) filter (where now_students.is_chronic) as chronic
    from now_students
    group by now_students.school_id
),
before_schools as (
    select before_students.school_id, count(*) as students, count(*) filter (where before_students.is_chronic) as chronic
    from before_students
    group by before_students.school_id
)
select
    null as row,
    now_schools.school_id || ': ' || cast(now_schools.chronic as varchar) || ' / '
    || cast(now_schools.students as varchar) as seen,
    cast(before_schools.chronic as varchar) || ' / ' || cast(before_schools.students as varchar) as expected
from now_schools
inner join before_schools on before_schools.school_id = now_schools.school_id
where
    now_schools.students >= 30
    and before_schools.students >= 30
    and abs(now_schools.chronic * before_schools.students - before_schools.chronic * now_schools.students) * 100
    > 10 * now_schools.students * before_schools.students
