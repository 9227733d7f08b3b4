select graduation_cohort.row as row, graduation_cohort.outcome as seen, before.outcome as expected
from graduation_cohort
inner join
    graduation_cohort_last_year as before
    on before.student_id = graduation_cohort.student_id
    and before.cohort_year = graduation_cohort.cohort_year
where before.outcome = 'graduated' and graduation_cohort.outcome not in ('graduated', 'removed')
