select survey_response.row as row, survey_response.wave as seen, null as expected
from survey_response
where
    survey_response.respondent_id is not null
    and not exists (
        select 1
        from survey_roster
        where
            survey_roster.respondent_id = survey_response.respondent_id and survey_roster.wave = survey_response.wave
    )
    and not exists (
        select 1 from survey_roster_set_aside as aside where aside.respondent_id = survey_response.respondent_id
    )
