-- The coefficients of every growth model, of a year's cohort or of the years of a baseline. Each has an intercept and
-- seven for each earlier score, for each of a hundred quantiles.
select
    school_year,
    subject,
    grade_number,
    norms,
    prior_count,
    term,
    cast(quantile as decimal(4, 3)) as quantile,
    cast(coefficient as decimal(28, 12)) as coefficient,
    student_count
from {{ source("growth", "coefficient") }}
