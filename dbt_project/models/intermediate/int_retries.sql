-- What became of a student's attempts that did not succeed at first, in each entity.
with
    chains as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            framework_version,
            competency_id,
            evidence_form,
            first_date,
            second_date,
            is_second_successful,
            is_second_equivalent,
            seen_until,
            exclusion
        from {{ ref("int_attempt_chains") }}
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, days_to_retry, days_to_retry_boundary
        from {{ ref("policy_retry_success") }}
    ),

    services as (
        select school_year, district_id, student_id, service_date, minutes, target_competency_id, framework_version
        from {{ ref("stg_support_service") }}
    ),

    sending as (select distinct school_year, district_id, true as sends_support from services),

    support as (
        select
            chains.school_year,
            chains.district_id,
            chains.student_id,
            chains.framework_version,
            chains.competency_id,
            chains.evidence_form,
            sum(services.minutes) as minutes
        from chains
        inner join
            services
            on chains.school_year = services.school_year
            and chains.district_id = services.district_id
            and chains.student_id = services.student_id
            and chains.competency_id = services.target_competency_id
            and chains.framework_version = coalesce(services.framework_version, chains.framework_version)
            and services.service_date > chains.first_date
            and services.service_date <= chains.second_date
        where chains.exclusion is null
        group by
            chains.school_year,
            chains.district_id,
            chains.student_id,
            chains.framework_version,
            chains.competency_id,
            chains.evidence_form
    ),

    described as (
        select
            policy.policy_id,
            policy.level,
            case
                policy.level when 'school' then chains.school_id when 'district' then chains.district_id else 'state'
            end as entity_id,
            chains.school_year,
            chains.student_id,
            chains.exclusion,
            chains.second_date is not null as has_retry,
            chains.is_second_successful,
            chains.is_second_equivalent,
            coalesce(sending.sends_support, false) as sends_support,
            coalesce(support.minutes, 0) as minutes,
            coalesce(
                chains.second_date - chains.first_date < policy.days_to_retry
                or (
                    policy.days_to_retry_boundary = 'at_most'
                    and chains.second_date - chains.first_date = policy.days_to_retry
                ),
                false
            ) as is_soon,
            chains.second_date is not null
            or chains.seen_until - chains.first_date >= policy.days_to_retry as is_seen_long_enough
        from chains
        inner join policy on chains.school_year between policy.first_school_year and policy.last_school_year
        left join sending on chains.school_year = sending.school_year and chains.district_id = sending.district_id
        left join
            support
            on chains.school_year = support.school_year
            and chains.district_id = support.district_id
            and chains.student_id = support.student_id
            and chains.framework_version = support.framework_version
            and chains.competency_id = support.competency_id
            and chains.evidence_form = support.evidence_form
    ),

    counted as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_id,
            min(exclusion) as exclusion,
            count(*) filter (where exclusion is null and is_seen_long_enough) as unsuccessful,
            count(*) filter (where exclusion is null and is_soon) as offered_again,
            count(*) filter (where exclusion is null) as unsuccessful_at_all,
            count(*) filter (where exclusion is null and has_retry) as retries_at_all,
            count(is_second_equivalent) filter (where exclusion is null) as retries,
            count(*) filter (where exclusion is null and is_second_equivalent) as equivalent_retries,
            count(*) filter (
                where exclusion is null and is_second_equivalent and is_second_successful
            ) as successful_retries,
            count(*) filter (where exclusion is null and has_retry and sends_support) as supported_retries,
            cast(
                coalesce(sum(minutes) filter (where exclusion is null and has_retry and sends_support), 0) as bigint
            ) as minutes
        from described
        where entity_id is not null
        group by policy_id, school_year, level, entity_id, student_id
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    student_id,
    unsuccessful,
    offered_again,
    retries,
    equivalent_retries,
    successful_retries,
    supported_retries,
    minutes,
    unsuccessful > 0 as is_offer_due,
    retries_at_all > 0 as is_retry_due,
    supported_retries > 0 or (retries_at_all > 0 and level = 'state') as is_support_due,
    case
        when unsuccessful > 0 then null when unsuccessful_at_all > 0 then 'not_seen_long_enough' else exclusion
    end as offer_exclusion,
    case
        when retries > 0
        then null
        when retries_at_all > 0
        then 'equivalence_not_stated'
        when unsuccessful_at_all > 0
        then 'no_second_attempt'
        else exclusion
    end as retry_exclusion,
    case
        when supported_retries > 0
        then null
        when retries_at_all > 0
        then 'district_sent_no_support'
        when unsuccessful_at_all > 0
        then 'no_second_attempt'
        else exclusion
    end as support_exclusion
from counted
