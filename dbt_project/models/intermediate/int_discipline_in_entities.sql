-- The days of each disciplinary action with a student in each school, district and the state, added up there; an
-- incident
-- with several students is one of each.
with
    once as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            incident_id,
            action,
            begin_date,
            max(coalesce(days, 0)) as days
        from {{ ref("stg_discipline") }}
        where student_id is not null
        group by school_year, district_id, school_id, student_id, incident_id, action, begin_date
    )

select
    school_year,
    case
        when grouping(school_id) = 0 then 'school' when grouping(district_id) = 0 then 'district' else 'state'
    end as level,
    coalesce(school_id, district_id, 'state') as entity_id,
    student_id,
    action,
    cast(sum(days) as decimal(18, 4)) as days
from once
group by
    grouping sets (
        (school_year, student_id, action, school_id),
        (school_year, student_id, action, district_id),
        (school_year, student_id, action)
    )
having grouping(school_id) = 1 or school_id is not null
