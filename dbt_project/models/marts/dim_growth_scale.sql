-- The score scales on which growth was compared: with them and the coefficients anyone can repeat it. A scale that no
-- model used is left out, since it may say something about a few students.
with
    models as (select distinct subject, grade_number, prior_count from {{ source("growth", "coefficient") }}),

    scales as (
        select subject, grade_number, version, knot_1, knot_2, knot_3, knot_4, boundary_low, boundary_high
        from {{ source("growth", "scale") }}
    )

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
from scales
where
    exists (
        select 1
        from models
        where
            models.subject = scales.subject
            and scales.grade_number between models.grade_number - models.prior_count and models.grade_number - 1
    )
