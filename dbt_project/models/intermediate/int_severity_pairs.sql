-- The difference between the first score and the second of each pair, with the districts of the two raters. Raters
-- whose
-- school is in no district, such as a panel of the state, are one group without a name.
with
    pairs as (
        select policy_id, school_year, subject, student_id, district_id, rater_district_id, first_score, second_score
        from {{ ref("int_calibration_pairs") }}
        where exclusion is null and level = 'district'
    )

select
    concat(policy_id, '|', school_year, '|', subject) as pool,
    district_id as rated_by,
    coalesce(rater_district_id, '') as rated_again_by,
    cast(first_score - second_score as double) as difference,
    dense_rank() over (order by student_id asc) as student
from pairs
