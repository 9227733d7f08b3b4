-- How many of the students in sections stand in cells that are large enough, for each entity, subject and group.
with
    counted as (
        select policy_id, school_year, subject, student_group, district_id, school_id, student_count, is_judged
        from {{ ref("int_class_groups") }}
    )

select
    policy_id,
    school_year,
    case
        when grouping(school_id) = 0 then 'school' when grouping(district_id) = 0 then 'district' else 'state'
    end as level,
    coalesce(school_id, district_id, 'state') as entity_id,
    subject,
    student_group,
    cast(sum(student_count) as bigint) as student_count,
    cast(coalesce(sum(student_count) filter (where is_judged), 0) as bigint) as judged_count
from counted
group by
    grouping sets (
        (policy_id, school_year, subject, student_group, school_id),
        (policy_id, school_year, subject, student_group, district_id),
        (policy_id, school_year, subject, student_group)
    )
