-- The cohorts in which growth was compared, and those in which it could not be, with the reason.
select
    school_year,
    subject,
    grade_number,
    step,
    cohort,
    is_computed,
    reason,
    student_count,
    prior_count,
    median_percentile,
    prior_correlation,
    largest_deviation
from {{ source("growth", "cohort") }}
