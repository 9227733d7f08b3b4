-- Every student in each school, district and the state, with whether all of the student's districts there sent
-- discipline
-- records for the year: a district without one record has not said that nothing happened. Where none of an entity's
-- students has records nothing is due, so that it reads not reported rather than incomplete.
with
    stays as (
        select school_year, district_id, school_id, student_id, policy_id, days_enrolled
        from {{ ref("int_student_school_days") }}
    ),

    senders as (select distinct school_year, district_id, true as sends_records from {{ ref("stg_discipline") }}),

    placed as (
        select
            stays.policy_id,
            stays.school_year,
            case
                when grouping(stays.school_id) = 0
                then 'school'
                when grouping(stays.district_id) = 0
                then 'district'
                else 'state'
            end as level,
            coalesce(stays.school_id, stays.district_id, 'state') as entity_id,
            stays.student_id,
            bool_and(coalesce(stays.days_enrolled = 0, false)) as was_never_there,
            bool_and(coalesce(senders.sends_records, false)) as has_records
        from stays
        left join senders on stays.school_year = senders.school_year and stays.district_id = senders.district_id
        group by
            grouping sets (
                (stays.policy_id, stays.school_year, stays.student_id, stays.school_id),
                (stays.policy_id, stays.school_year, stays.student_id, stays.district_id),
                (stays.policy_id, stays.school_year, stays.student_id)
            )
    ),

    judged as (
        select
            *,
            case
                when was_never_there
                then 'never_enrolled_on_a_school_day'
                when not has_records
                then 'discipline_not_reported'
            end as exclusion
        from placed
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    student_id,
    exclusion,
    coalesce(exclusion, 'discipline_not_reported') = 'discipline_not_reported'
    and bool_or(exclusion is null) over (partition by policy_id, school_year, level, entity_id) as is_due
from judged
