-- Where each invited person went, in each entity. The pseudonyms are the survey's own: nobody knows which student is
-- which,
-- so students who are enrolled are not matched with them.
with
    respondents as (
        select policy_id, school_year, district_id, school_id, wave, respondent_id, exclusion
        from {{ ref("int_survey_respondents") }}
    ),

    levels as (select policy_id, level, first_school_year, last_school_year from {{ ref("policy_survey_quality") }})

select
    policy_id,
    school_year,
    levels.level,
    case levels.level when 'school' then school_id when 'district' then district_id else 'state' end as entity_id,
    'reporting' as population,
    'ALL' as subject,
    concat(district_id, '/', wave, '/', respondent_id) as student_id,
    exclusion
from respondents
inner join levels using (policy_id)
where school_year between levels.first_school_year and levels.last_school_year
