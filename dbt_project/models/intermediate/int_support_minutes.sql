-- Support that a student received in each school, district and the state: minutes in all, those with a stated target,
-- those whose target
-- was then a known gap in what the year's work needs, and the days on which support began and was first given.
with
    policy as (
        select policy_id, first_school_year, last_school_year, counted_kinds
        from {{ ref("policy_support_targeting") }}
        where level = 'school'
    ),

    services as (
        select
            policy.policy_id,
            services.school_year,
            services.district_id,
            coalesce(services.school_id, primary_schools.school_id) as school_id,
            services.student_id,
            services.service_date,
            services.target_competency_id,
            sum(services.minutes) as minutes
        from {{ ref("stg_support_service") }} as services
        inner join
            policy
            on services.school_year between policy.first_school_year and policy.last_school_year
            and position(concat('|', services.support_kind, '|') in concat('|', policy.counted_kinds, '|')) > 0
        left join
            {{ ref("int_primary_schools") }} as primary_schools
            on services.school_year = primary_schools.school_year
            and services.district_id = primary_schools.district_id
            and services.student_id = primary_schools.student_id
        where services.minutes > 0
        group by all
    ),

    gaps as (
        select distinct school_year, student_id, competency_id, opened_date, closed_date
        from {{ ref("int_gap_spells") }}
        where not is_retired
    ),

    taught as (
        select school_year, school_id, min(calendar_date) as first_taught
        from {{ ref("stg_calendar") }}
        where
            is_instructional
            and calendar_date between make_date(school_year - 1, 7, 1) and make_date(school_year, 6, 30)
        group by school_year, school_id
    ),

    first_days as (
        select school_year, student_id, min(greatest(entry_date, first_taught)) as first_day
        from {{ ref("int_enrollment_spells") }}
        inner join taught using (school_year, school_id)
        group by school_year, student_id
    ),

    -- A gap of the year before can be served from the first day that is taught; help in the summer comes in time too.
    needs as (
        select
            school_year,
            student_id,
            greatest(min(opened_date), make_date(school_year - 1, 7, 1)) as known_date,
            greatest(known_date, any_value(first_day)) as due_date
        from gaps
        left join first_days using (school_year, student_id)
        group by school_year, student_id
    ),

    on_gaps as (
        select distinct
            services.school_year,
            services.student_id,
            services.service_date,
            services.target_competency_id,
            true as is_on_gap
        from services
        inner join
            gaps
            on services.school_year = gaps.school_year
            and services.student_id = gaps.student_id
            and services.target_competency_id = gaps.competency_id
            and services.service_date >= gaps.opened_date
            and services.service_date <= coalesce(gaps.closed_date, services.service_date)
    ),

    described as (
        select
            services.*,
            on_gaps.is_on_gap is not null as is_on_gap,
            case
                when services.service_date >= needs.known_date then greatest(0, services.service_date - needs.due_date)
            end as days_after_need
        from services
        left join on_gaps using (school_year, student_id, service_date, target_competency_id)
        left join needs using (school_year, student_id)
    )

select
    policy_id,
    school_year,
    case
        when grouping(school_id) = 0 then 'school' when grouping(district_id) = 0 then 'district' else 'state'
    end as level,
    coalesce(school_id, district_id, 'state') as entity_id,
    student_id,
    cast(sum(minutes) as decimal(18, 4)) as minutes,
    cast(
        coalesce(sum(minutes) filter (where target_competency_id is not null), 0) as decimal(18, 4)
    ) as minutes_with_target,
    cast(coalesce(sum(minutes) filter (where is_on_gap), 0) as decimal(18, 4)) as minutes_on_gaps,
    min(days_after_need) as days_to_support
from described
group by
    grouping sets (
        (policy_id, school_year, student_id, school_id),
        (policy_id, school_year, student_id, district_id),
        (policy_id, school_year, student_id)
    )
