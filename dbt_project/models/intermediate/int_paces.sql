-- A student's pace in a subject as judged in each entity: what was learned from instruction here, and the months of
-- instruction in which it was.
with
    learning as (
        select
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            is_reported,
            instructional_days,
            framework_months,
            mastered_months,
            assessed_count,
            learned_months,
            learned_count,
            learned_earlier_months,
            learned_on_grade_months,
            learned_again_months,
            revoked_months,
            first_learned_date,
            last_learned_date
        from {{ ref("int_learning_in_entities") }}
    ),

    policy as (
        select
            policy_id,
            level,
            first_school_year,
            last_school_year,
            days_in_a_month,
            minimum_instructional_days,
            determinations_of_a_bulk
        from {{ ref("policy_pace") }}
    ),

    judged as (
        select
            learning.*,
            policy.policy_id,
            policy.days_in_a_month,
            policy.determinations_of_a_bulk,
            case
                when not learning.is_reported
                then 'district_sent_no_determinations'
                when learning.instructional_days is null
                then 'no_calendar'
                when learning.instructional_days = 0
                then 'no_instructional_days'
                when learning.mastered_months >= learning.framework_months
                then 'at_ceiling'
                when learning.assessed_count = 0
                then 'never_assessed'
                when learning.instructional_days < policy.minimum_instructional_days
                then 'enrolled_fewer_than_minimum_days'
            end as exclusion
        from learning
        inner join
            policy
            on learning.level = policy.level
            and learning.school_year between policy.first_school_year and policy.last_school_year
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    subject,
    student_id,
    exclusion,
    exclusion is null or exclusion in ('never_assessed', 'enrolled_fewer_than_minimum_days') as is_due,
    cast(cast(instructional_days as decimal(18, 4)) / days_in_a_month as decimal(18, 4)) as instructional_months,
    learned_months,
    learned_count,
    learned_earlier_months,
    learned_on_grade_months,
    learned_months - learned_earlier_months - learned_on_grade_months as learned_later_months,
    learned_again_months - revoked_months as net_learned_months,
    learned_count >= determinations_of_a_bulk and first_learned_date = last_learned_date as is_dated_in_bulk
from judged
