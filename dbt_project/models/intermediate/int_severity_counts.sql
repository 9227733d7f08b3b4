-- How many pairs and students stand behind the severity of a district's raters: pieces that they and raters of
-- elsewhere
-- both scored, whoever was first.
with
    pairs as (
        select policy_id, school_year, subject, student_id, district_id, rater_district_id
        from {{ ref("int_calibration_pairs") }}
        where exclusion is null and level = 'district' and district_id <> coalesce(rater_district_id, '')
    ),

    sides as (
        select policy_id, school_year, subject, student_id, district_id
        from pairs
        union all
        select policy_id, school_year, subject, student_id, rater_district_id
        from pairs
        where rater_district_id is not null
    )

select
    concat(policy_id, '|', school_year, '|', subject, '|', district_id) as question,
    policy_id,
    school_year,
    'district' as level,
    district_id as entity_id,
    subject,
    'ALL' as student_group,
    count(*) as unit_count,
    count(distinct student_id) as student_count
from sides
group by policy_id, school_year, subject, district_id
