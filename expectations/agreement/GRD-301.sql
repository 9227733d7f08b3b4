select
    graduation_cohort.row as row,
    cast(graduation_cohort.cohort_year as varchar) as seen,
    cast(registry.first_grade_nine_school_year + 3 as varchar) as expected
from graduation_cohort
inner join student_registry_of_state as registry on registry.student_id = graduation_cohort.student_id
where graduation_cohort.cohort_year <> registry.first_grade_nine_school_year + 3
