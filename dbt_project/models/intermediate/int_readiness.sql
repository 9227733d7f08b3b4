-- Each student's pathways to college or career met by the end of a school year, from all outcomes sent up to then. A
-- criterion
-- is met by enough qualifying outcomes, an alternative by all of its criteria, a pathway by one of its alternatives.
with
    criteria as (
        select
            policy_id,
            first_school_year,
            last_school_year,
            pathway,
            alternative,
            criterion,
            minimum_score,
            minimum_count,
            minimum_credits,
            must_be_on_approved_list
        from {{ ref("policy_readiness_pathways") }}
    ),

    cohort as (select policy_id, school_year, student_id from {{ ref("int_graduation_cohort") }}),

    -- An outcome that is sent again in a later year is the same outcome.
    outcomes as (
        select
            cohort.policy_id,
            cohort.school_year,
            cohort.student_id,
            postsecondary.outcome_kind,
            max(postsecondary.score) as score,
            max(postsecondary.credits_earned) as credits_earned,
            bool_or(coalesce(postsecondary.is_on_approved_list, false)) as is_on_approved_list
        from cohort
        inner join
            {{ ref("stg_postsecondary") }} as postsecondary
            on cohort.student_id = postsecondary.student_id
            and postsecondary.school_year <= cohort.school_year
        group by
            cohort.policy_id,
            cohort.school_year,
            cohort.student_id,
            postsecondary.outcome_kind,
            postsecondary.outcome_name,
            postsecondary.outcome_date
    ),

    met as (
        select
            outcomes.policy_id,
            outcomes.school_year,
            outcomes.student_id,
            criteria.pathway,
            criteria.alternative,
            criteria.criterion
        from outcomes
        inner join
            criteria
            on outcomes.policy_id = criteria.policy_id
            and outcomes.school_year between criteria.first_school_year and criteria.last_school_year
            and outcomes.outcome_kind = criteria.criterion
            and (criteria.minimum_score is null or outcomes.score >= criteria.minimum_score)
            and (not criteria.must_be_on_approved_list or outcomes.is_on_approved_list)
        group by
            outcomes.policy_id,
            outcomes.school_year,
            outcomes.student_id,
            criteria.pathway,
            criteria.alternative,
            criteria.criterion
        having
            count(*) >= min(criteria.minimum_count)
            and coalesce(sum(outcomes.credits_earned), 0) >= coalesce(min(criteria.minimum_credits), 0)
    ),

    alternatives as (
        select policy_id, first_school_year, last_school_year, pathway, alternative, count(*) as criterion_count
        from criteria
        group by policy_id, first_school_year, last_school_year, pathway, alternative
    ),

    alternatives_met as (
        select met.policy_id, met.school_year, met.student_id, met.pathway
        from met
        inner join
            alternatives
            on met.policy_id = alternatives.policy_id
            and met.school_year between alternatives.first_school_year and alternatives.last_school_year
            and met.pathway = alternatives.pathway
            and met.alternative = alternatives.alternative
        group by met.policy_id, met.school_year, met.student_id, met.pathway, met.alternative
        having count(*) = min(alternatives.criterion_count)
    )

select distinct policy_id, school_year, student_id, pathway
from alternatives_met
