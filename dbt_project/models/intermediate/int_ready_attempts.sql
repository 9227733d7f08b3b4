-- What is known of a student's attempts that were meant to decide about mastery, in each entity: who chose the day, and
-- how the day stands to the day from which the student was ready. A ready date counts only if a rule set it and it was
-- written down by the day of the attempt.
with
    evidence as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            evidence_date,
            initiation,
            ready_date,
            ready_rule_id is not null and ready_recorded_date <= evidence_date as is_ready_date_by_rule,
            coalesce(is_recheck, false) as is_recheck
        from {{ ref("stg_evidence") }}
        where is_summative and evidence_date between make_date(school_year - 1, 7, 1) and make_date(school_year, 6, 30)
        qualify row_number() over (partition by school_year, district_id, evidence_id order by record_line asc) = 1
    ),

    primary_schools as (select school_year, student_id, district_id, school_id from {{ ref("int_primary_schools") }}),

    policy as (
        select
            policy_id,
            level,
            first_school_year,
            last_school_year,
            initiations_when_ready,
            days_to_attempt,
            days_to_attempt_boundary
        from {{ ref("policy_assessed_when_ready") }}
    ),

    sending as (
        select
            school_year,
            district_id,
            bool_or(initiation is not null) as sends_initiations,
            bool_or(ready_date is not null) as sends_ready_dates
        from evidence
        group by school_year, district_id
    ),

    attempts as (
        select
            evidence.school_year,
            evidence.district_id,
            coalesce(evidence.school_id, primary_schools.school_id) as school_id,
            evidence.student_id,
            evidence.initiation,
            evidence.is_recheck,
            evidence.ready_date is not null as has_ready_date,
            case
                when evidence.is_ready_date_by_rule then evidence.evidence_date - evidence.ready_date
            end as days_waited,
            sending.sends_initiations,
            sending.sends_ready_dates
        from evidence
        inner join sending on evidence.school_year = sending.school_year and evidence.district_id = sending.district_id
        left join
            primary_schools
            on evidence.school_year = primary_schools.school_year
            and evidence.student_id = primary_schools.student_id
            and evidence.district_id = primary_schools.district_id
    ),

    counted as (
        select
            policy.policy_id,
            attempts.school_year,
            policy.level,
            case
                policy.level
                when 'school'
                then attempts.school_id
                when 'district'
                then attempts.district_id
                else 'state'
            end as entity_id,
            attempts.student_id,
            count(*) filter (where not is_recheck) as attempt_count,
            coalesce(bool_or(sends_initiations), false) as sends_initiations,
            coalesce(bool_or(sends_ready_dates), false) as sends_ready_dates,
            count(initiation) filter (where not is_recheck) as with_initiation,
            count(*) filter (
                where
                    not is_recheck
                    and position(concat(';', initiation, ';') in concat(';', policy.initiations_when_ready, ';')) > 0
            ) as initiated_when_ready,
            count(*) filter (
                where not is_recheck and has_ready_date and days_waited is null
            ) as with_ready_date_set_aside,
            count(days_waited) filter (where not is_recheck) as with_ready_date,
            count(*) filter (where not is_recheck and days_waited < 0) as premature,
            count(*) filter (
                where
                    not is_recheck
                    and days_waited >= 0
                    and (
                        days_waited < policy.days_to_attempt
                        or (policy.days_to_attempt_boundary = 'at_most' and days_waited = policy.days_to_attempt)
                    )
            ) as on_readiness,
            count(*) filter (where not is_recheck and days_waited >= 0) as waited_attempts,
            cast(
                coalesce(sum(days_waited) filter (where not is_recheck and days_waited >= 0), 0) as bigint
            ) as days_waited
        from attempts
        inner join policy on attempts.school_year between policy.first_school_year and policy.last_school_year
        where policy.level <> 'school' or attempts.school_id is not null
        group by policy.policy_id, attempts.school_year, policy.level, entity_id, attempts.student_id
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    student_id,
    with_initiation,
    initiated_when_ready,
    with_ready_date,
    premature,
    on_readiness,
    waited_attempts,
    days_waited,
    with_initiation > 0 or (attempt_count > 0 and (sends_initiations or level = 'state')) as is_initiation_due,
    with_ready_date > 0 or (attempt_count > 0 and (sends_ready_dates or level = 'state')) as is_ready_date_due,
    waited_attempts > 0
    or (attempt_count > 0 and with_ready_date = 0 and (sends_ready_dates or level = 'state')) as is_wait_due,
    case
        when with_initiation > 0 then null when attempt_count = 0 then 'later_checks_only' else 'initiation_not_stated'
    end as initiation_exclusion,
    case
        when with_ready_date > 0
        then null
        when attempt_count = 0
        then 'later_checks_only'
        when with_ready_date_set_aside > 0
        then 'ready_date_not_from_a_rule'
        else 'no_ready_date'
    end as ready_date_exclusion,
    case
        when waited_attempts > 0
        then null
        when with_ready_date > 0
        then 'every_attempt_premature'
        when attempt_count = 0
        then 'later_checks_only'
        when with_ready_date_set_aside > 0
        then 'ready_date_not_from_a_rule'
        else 'no_ready_date'
    end as wait_exclusion
from counted
