-- Members of each graduation cohort in each entity, with whether their readiness is known: a district that sent no
-- outcome
-- in the year has not said that nobody is ready. Where nothing is known for an entity nothing is due.
with
    cohort as (
        select policy_id, school_year, level, entity_id, student_id, cohort_year, exclusion
        from {{ ref("int_graduation_cohort_in_entities") }}
    ),

    members as (select policy_id, school_year, student_id, district_id from {{ ref("int_graduation_cohort") }}),

    senders as (select distinct school_year, district_id from {{ ref("stg_postsecondary") }}),

    judged as (
        select
            cohort.policy_id,
            cohort.school_year,
            cohort.level,
            cohort.entity_id,
            cohort.student_id,
            cohort.cohort_year,
            coalesce(
                cohort.exclusion, case when senders.district_id is null then 'outcomes_not_reported' end
            ) as exclusion
        from cohort
        inner join
            members
            on cohort.policy_id = members.policy_id
            and cohort.school_year = members.school_year
            and cohort.student_id = members.student_id
        left join senders on members.school_year = senders.school_year and members.district_id = senders.district_id
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    student_id,
    cohort_year,
    exclusion,
    coalesce(exclusion, 'outcomes_not_reported') = 'outcomes_not_reported'
    and bool_or(exclusion is null) over (partition by policy_id, school_year, cohort_year, level, entity_id) as is_due
from judged
