with students as (
    select
        student.student_id,
        case
            when student.hispanic_latino_ethnicity then 'HI'
            when student.races like '%;%' then 'MR'
            else student.races
        end as student_group,
        exists (
            select 1
            from discipline
            where discipline.student_id = student.student_id and discipline.action = 'out_of_school_suspension'
        ) as is_suspended
    from student
    where exists (select 1 from enrollment where enrollment.student_id = student.student_id)
),
everyone as (
    select count(*) as students, count(*) filter (where students.is_suspended) as suspended
    from students
),
student_groups as (
    select
        students.student_group, count(*) as students, count(*) filter (where students.is_suspended) as suspended
    from students
    where students.student_group is not null
    group by students.student_group
)
select
    null as row,
    student_groups.student_group || ': ' || cast(student_groups.suspended as varchar) || ' / '
    || cast(student_groups.students as varchar) as seen,
    cast(everyone.suspended - student_groups.suspended as varchar) || ' / '
    || cast(everyone.students - student_groups.students as varchar) as expected
from student_groups
cross join everyone
where
    student_groups.students >= 30
    and student_groups.suspended >= 10
    and everyone.students - student_groups.students >= 30
    and everyone.suspended - student_groups.suspended >= 10
    and student_groups.suspended * (everyone.students - student_groups.students)
    > 3 * (everyone.suspended - student_groups.suspended) * student_groups.students
