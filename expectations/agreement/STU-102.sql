with ages as (
    select
        student.row,
        student.student_id,
        submission.school_year - 1 - extract(year from student.birth_date) - case
            when extract(month from student.birth_date) * 100 + extract(day from student.birth_date) > 901 then 1
            else 0
        end as age
    from student
    cross join submission
    where student.birth_date is not null
)
select distinct ages.row as row, enrollment.grade as seen, null as expected
from ages
inner join enrollment on enrollment.student_id = ages.student_id
inner join code_grades as grade on grade.code = enrollment.grade
where abs(ages.age - 4 - cast(grade.sort_order as integer)) > 2 and ages.age between 3 and 22
