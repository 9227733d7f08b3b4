select subject, grade_number, version, knot_1, knot_2, knot_3, knot_4, boundary_low, boundary_high
from {{ ref("dim_growth_scale") }}
