-- Where each student went who has a piece that was scored twice.
with
    pairs as (
        select policy_id, school_year, level, entity_id, subject, student_id, exclusion
        from {{ ref("int_calibration_pairs") }}
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    'reporting' as population,
    subject,
    student_id,
    case when count(*) filter (where exclusion is null) = 0 then min(exclusion) end as exclusion
from pairs
group by policy_id, school_year, level, entity_id, subject, student_id
