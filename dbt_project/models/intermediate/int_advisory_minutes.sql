-- The minutes of advisory that each enrolled student received, in each entity whose district sends records of support.
with
    enrolled as (select distinct school_year, district_id, school_id, student_id from {{ ref("stg_enrollment") }}),

    policy as (
        select policy_id, level, first_school_year, last_school_year, advisory_kind
        from {{ ref("policy_habits_of_work") }}
    ),

    services as (
        select school_year, district_id, school_id, student_id, support_kind, minutes
        from {{ ref("stg_support_service") }}
    ),

    sending as (select distinct school_year, district_id from services),

    kinds as (select distinct first_school_year, last_school_year, advisory_kind from policy),

    received as (
        select
            services.school_year,
            services.district_id,
            services.school_id,
            services.student_id,
            services.support_kind,
            sum(services.minutes) as minutes
        from services
        inner join
            kinds
            on services.support_kind = kinds.advisory_kind
            and services.school_year between kinds.first_school_year and kinds.last_school_year
        group by
            services.school_year, services.district_id, services.school_id, services.student_id, services.support_kind
    )

select
    policy.policy_id,
    enrolled.school_year,
    policy.level,
    case
        policy.level when 'school' then enrolled.school_id when 'district' then enrolled.district_id else 'state'
    end as entity_id,
    enrolled.student_id,
    true as sends_support,
    cast(coalesce(sum(received.minutes), 0) as bigint) as minutes
from enrolled
inner join sending on enrolled.school_year = sending.school_year and enrolled.district_id = sending.district_id
inner join policy on enrolled.school_year between policy.first_school_year and policy.last_school_year
left join
    received
    on enrolled.school_year = received.school_year
    and enrolled.district_id = received.district_id
    and enrolled.school_id = received.school_id
    and enrolled.student_id = received.student_id
    and policy.advisory_kind = received.support_kind
group by policy.policy_id, enrolled.school_year, policy.level, entity_id, enrolled.student_id
