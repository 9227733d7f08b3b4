-- Who is in the sections that class sorting looks at, in each school, district and the state.
with
    seats as (
        select policy_id, school_year, district_id, school_id, subject, student_id from {{ ref("int_class_seats") }}
    )

select
    policy_id,
    school_year,
    case
        when grouping(school_id) = 0 then 'school' when grouping(district_id) = 0 then 'district' else 'state'
    end as level,
    coalesce(school_id, district_id, 'state') as entity_id,
    'reporting' as population,
    subject,
    student_id,
    cast(null as varchar) as exclusion
from seats
group by
    grouping sets (
        (policy_id, school_year, subject, student_id, school_id),
        (policy_id, school_year, subject, student_id, district_id),
        (policy_id, school_year, subject, student_id)
    )
