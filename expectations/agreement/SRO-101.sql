with invited as (
    select
        survey_roster.school_id,
        survey_roster.wave,
        survey_roster.respondent_role,
        count(*) as people,
        count(*) filter (
            where
                exists (
                    select 1
                    from survey_response
                    where
                        survey_response.respondent_id = survey_roster.respondent_id
                        and survey_response.wave = survey_roster.wave
                )
        ) as answered
    from survey_roster
    where coalesce(survey_roster.is_eligible, true)
    group by survey_roster.school_id, survey_roster.wave, survey_roster.respondent_role
)
select
    null as row,
    invited.school_id || ', ' || invited.wave || ', ' || invited.respondent_role || ': '
    || cast(invited.answered as varchar) || ' / ' || cast(invited.people as varchar) as seen,
    '50 %' as expected
from invited
where invited.people >= 10 and (invited.answered * 2 < invited.people or invited.answered < 10)
