-- Who counts in attendance, and why not. A student whose days were not sent is due but not counted; where nothing was
-- sent
-- for an entity nothing is due there either, so that it reads not reported rather than incomplete.
with
    days as (
        select
            policy_id,
            school_year,
            population,
            level,
            entity_id,
            student_id,
            days_in_year,
            days_enrolled,
            days_expected,
            days_absent,
            days_not_reported,
            is_exempt,
            is_full_academic_year
        from {{ ref("int_student_entity_days") }}
    ),

    policy as (
        select
            policy_id,
            level,
            first_school_year,
            last_school_year,
            minimum_days,
            minimum_days_boundary,
            minimum_share_of_year,
            minimum_reported_share
        from {{ ref("policy_chronic_absenteeism") }}
    ),

    judged as (
        select
            days.policy_id,
            days.school_year,
            days.population,
            days.level,
            days.entity_id,
            days.student_id,
            days.days_expected,
            days.days_absent,
            case
                when days.population = 'accountability' and days.is_full_academic_year is null
                then 'full_academic_year_unknown'
                when days.population = 'accountability' and not days.is_full_academic_year
                then 'not_enrolled_for_the_full_academic_year'
                when
                    days.days_enrolled < policy.minimum_days
                    or (policy.minimum_days_boundary = 'more_than' and days.days_enrolled = policy.minimum_days)
                    or days.days_enrolled < policy.minimum_share_of_year * coalesce(days.days_in_year, 0)
                then 'enrolled_fewer_than_minimum_days'
                when days.is_exempt and days.days_expected = 0
                then 'attendance_not_taken'
                when
                    coalesce(
                        days.days_enrolled - days.days_not_reported
                        < policy.minimum_reported_share * days.days_enrolled,
                        true
                    )
                then 'attendance_not_reported'
                when days.days_expected = 0
                then 'no_days_expected'
            end as reason
        from days
        inner join
            policy
            on days.policy_id = policy.policy_id
            and days.level = policy.level
            and days.school_year between policy.first_school_year and policy.last_school_year
    )

select
    policy_id,
    school_year,
    population,
    level,
    entity_id,
    student_id,
    days_expected,
    days_absent,
    reason,
    coalesce(reason, 'attendance_not_reported') = 'attendance_not_reported'
    and bool_or(reason is null) over (partition by policy_id, school_year, population, level, entity_id) as is_due
from judged
