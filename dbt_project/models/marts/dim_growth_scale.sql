-- The score scales on which growth was compared: with them and the coefficients anyone can repeat it.
select
    subject,
    grade_number,
    version,
    cast(knot_1 as decimal(18, 6)) as knot_1,
    cast(knot_2 as decimal(18, 6)) as knot_2,
    cast(knot_3 as decimal(18, 6)) as knot_3,
    cast(knot_4 as decimal(18, 6)) as knot_4,
    cast(boundary_low as decimal(18, 6)) as boundary_low,
    cast(boundary_high as decimal(18, 6)) as boundary_high
from {{ source("growth", "scale") }}
