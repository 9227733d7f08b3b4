-- A student about whose placement a district decided, in each district and the state where the decision counts, with
-- the
-- stratum of equals: same school, grade, subject and band of prior score; or why the student is in none.
with
    placements as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            subject,
            course_subject,
            course_tier,
            grade,
            is_placed,
            prior_score
        from {{ ref("int_placements") }}
        where subject in ('RLA', 'MATH')
    ),

    policy as (
        select policy_id, level, first_school_year, last_school_year, counted_tier, prior_score_band_points
        from {{ ref("policy_placement_at_equal_attainment") }}
    ),

    placed_in_entities as (
        select 'district' as level, district_id as entity_id, *
        from placements
        union all
        select 'state' as level, 'state' as entity_id, *
        from placements
    )

select
    policy.policy_id,
    placed_in_entities.school_year,
    placed_in_entities.level,
    placed_in_entities.entity_id,
    'reporting' as population,
    placed_in_entities.subject,
    placed_in_entities.student_id,
    concat_ws(
        '|',
        placed_in_entities.school_id,
        placed_in_entities.grade,
        placed_in_entities.course_subject,
        cast(floor(placed_in_entities.prior_score / policy.prior_score_band_points) as integer)
    ) as stratum,
    placed_in_entities.is_placed,
    case
        when placed_in_entities.is_placed is null
        then 'decision_not_known'
        when placed_in_entities.prior_score is null
        then 'no_prior_score'
    end as exclusion
from placed_in_entities
inner join
    policy
    on placed_in_entities.level = policy.level
    and placed_in_entities.course_tier = policy.counted_tier
    and placed_in_entities.school_year between policy.first_school_year and policy.last_school_year
