with before_grades as (
    select before.student_id, max(cast(grade.sort_order as integer)) as place
    from enrollment_last_year as before
    inner join code_grades as grade on grade.code = before.grade
    group by before.student_id
)
select enrollment.row as row, enrollment.grade as seen, was.code as expected
from enrollment
inner join code_grades as grade on grade.code = enrollment.grade
inner join before_grades on before_grades.student_id = enrollment.student_id
inner join code_grades as was on cast(was.sort_order as integer) = before_grades.place
where cast(grade.sort_order as integer) < before_grades.place
