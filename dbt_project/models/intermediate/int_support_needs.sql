-- What each student is known to need, over all subjects, and the support that came, in each school, district and the
-- state; or why
-- need or support is not known.
with
    needs as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_id,
            bool_or(exclusion is null) as is_known,
            case
                when bool_or(exclusion = 'prerequisites_never_assessed')
                then 'prerequisites_never_assessed'
                else min(exclusion)
            end as exclusion,
            cast(sum(known_gap_months) filter (where exclusion is null) as decimal(18, 3)) as known_gap_months,
            coalesce(bool_or(has_major_gap) filter (where exclusion is null), false) as has_major_gap
        from {{ ref("int_prerequisite_gaps") }}
        group by policy_id, school_year, level, entity_id, student_id
    ),

    support as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_id,
            minutes,
            minutes_with_target,
            minutes_on_gaps,
            days_to_support
        from {{ ref("int_support_minutes") }}
    ),

    homes as (select school_year, level, entity_id, student_id, district_id from {{ ref("int_learners") }}),

    reporting_districts as (
        select distinct school_year, district_id, true as is_reporting from {{ ref("stg_support_service") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, days_to_serve
        from {{ ref("policy_support_targeting") }}
    )

select
    needs.policy_id,
    needs.school_year,
    needs.level,
    needs.entity_id,
    needs.student_id,
    needs.known_gap_months,
    needs.has_major_gap,
    coalesce(support.minutes, 0) as minutes,
    coalesce(support.minutes_with_target, 0) as minutes_with_target,
    coalesce(support.minutes_on_gaps, 0) as minutes_on_gaps,
    coalesce(support.days_to_support <= policy.days_to_serve, false) as is_served_in_time,
    case
        when reporting_districts.is_reporting is null
        then 'district_sent_no_support'
        when not needs.is_known
        then needs.exclusion
    end as exclusion
from needs
inner join homes using (school_year, level, entity_id, student_id)
left join reporting_districts using (school_year, district_id)
left join support using (policy_id, school_year, level, entity_id, student_id)
inner join
    policy
    on needs.policy_id = policy.policy_id
    and needs.level = policy.level
    and needs.school_year between policy.first_school_year and policy.last_school_year
