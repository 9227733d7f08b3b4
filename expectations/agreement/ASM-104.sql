with grades as (
    select enrollment.student_id, min(enrollment.grade) as grade
    from enrollment
    where enrollment.grade is not null
    group by enrollment.student_id
)
select assessment.row as row, assessment.grade_assessed as seen, grades.grade as expected
from assessment
inner join grades on grades.student_id = assessment.student_id
inner join code_grades as known on known.code = assessment.grade_assessed
inner join code_grades as enrolled on enrolled.code = grades.grade
where
    not exists (
        select 1
        from enrollment
        where enrollment.student_id = assessment.student_id and enrollment.grade = assessment.grade_assessed
    )
