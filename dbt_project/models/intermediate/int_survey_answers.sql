-- Each answer to a survey on one scale: turned around where the question is reversed, and stretched to the scale on
-- which
-- scores are shown. An answer that is not on its scale is none.
with
    responses as (
        select
            school_year,
            district_id,
            wave,
            respondent_id,
            item_id,
            construct,
            coalesce(is_reversed, false) as is_reversed,
            value,
            lowest_value,
            highest_value
        from {{ ref("stg_survey_response") }}
        qualify
            row_number() over (
                partition by school_year, district_id, wave, respondent_id, item_id order by record_line asc
            )
            = 1
    ),

    policy as (
        select policy_id, first_school_year, last_school_year, lowest_value, highest_value, lowest_score, highest_score
        from {{ ref("policy_survey_quality") }}
        where level = 'state'
    ),

    scaled as (
        select
            policy.policy_id,
            responses.school_year,
            responses.district_id,
            responses.wave,
            responses.respondent_id,
            responses.item_id,
            responses.construct,
            responses.is_reversed,
            responses.value,
            coalesce(responses.lowest_value, policy.lowest_value) as lowest_value,
            coalesce(responses.highest_value, policy.highest_value) as highest_value,
            policy.lowest_score,
            policy.highest_score
        from responses
        inner join policy on responses.school_year between policy.first_school_year and policy.last_school_year
    )

select
    policy_id,
    school_year,
    district_id,
    wave,
    respondent_id,
    item_id,
    construct,
    is_reversed,
    case when value between lowest_value and highest_value then value end as value,
    cast(
        case
            when value between lowest_value and highest_value and lowest_value < highest_value
            then
                lowest_score
                + (highest_score - lowest_score)
                * (case when is_reversed then highest_value - value else value - lowest_value end)
                / (highest_value - lowest_value)
        end as decimal(18, 10)
    ) as score
from scaled
