-- How many of a group were invited and answered in each entity, and how far the group's share of those who answered
-- lies from
-- its share of those invited, in standard deviations.
with
    counts as (
        select
            policy_id,
            school_year,
            district_id,
            school_id,
            student_group,
            invited_count,
            answering_count,
            straight_count,
            complete_count
        from {{ ref("int_survey_counts") }}
    ),

    policy as (select policy_id, level, first_school_year, last_school_year from {{ ref("policy_survey_quality") }}),

    entities as (
        select
            policy_id,
            school_year,
            level,
            case level when 'school' then school_id when 'district' then district_id else 'state' end as entity_id,
            student_group,
            cast(sum(invited_count) as double) as invited,
            cast(sum(answering_count) as double) as answering,
            cast(sum(straight_count) as double) as straight,
            cast(sum(complete_count) as double) as complete
        from counts
        inner join policy using (policy_id)
        where school_year between first_school_year and last_school_year
        group by policy_id, school_year, level, entity_id, student_group
    ),

    everyone as (
        select policy_id, school_year, level, entity_id, invited as all_invited, complete as all_complete
        from entities
        where student_group = 'ALL'
    ),

    shares as (
        select
            entities.*,
            all_invited,
            all_complete,
            complete / nullif(all_complete, 0) as share_of_complete,
            invited / all_invited as share_of_invited,
            coalesce((invited - complete) / nullif(all_invited - all_complete, 0), 0) as share_of_others
        from entities
        inner join everyone using (policy_id, school_year, level, entity_id)
    ),

    spreads as (
        select
            *,
            sqrt(
                (share_of_complete * (1 - share_of_complete) + share_of_invited * (1 - share_of_invited)) / 2
            ) as spread
        from shares
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    student_group,
    invited,
    answering,
    straight,
    complete,
    all_invited,
    all_complete,
    cast((share_of_complete - share_of_invited) / nullif(spread, 0) as decimal(18, 10)) as difference,
    (1 - all_complete / all_invited) * sqrt(
        share_of_complete * (1 - share_of_complete) / nullif(all_complete, 0)
        + coalesce(share_of_others * (1 - share_of_others) / nullif(all_invited - all_complete, 0), 0)
    )
    / nullif(spread, 0) as difference_error
from spreads
