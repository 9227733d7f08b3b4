select school_year, subject, grade_number, norms, prior_count, term, quantile, coefficient, student_count
from {{ ref("dim_growth_coefficient") }}
