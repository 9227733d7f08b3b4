-- The score of each respondent in each construct that counts: the mean of the answers, where enough questions about the
-- construct were answered. Six places, so that a mean of exactly 4 is 4 on any scale.
with
    respondents as (
        select policy_id, school_year, district_id, school_id, wave, respondent_id, grade, group_set
        from {{ ref("int_survey_respondents") }}
        where exclusion is null
    ),

    answers as (
        select policy_id, school_year, district_id, wave, respondent_id, item_id, construct, score
        from {{ ref("int_survey_answers") }}
    ),

    policy as (
        select policy_id, first_school_year, last_school_year, constructs, minimum_answered_share
        from {{ ref("policy_survey_quality") }}
        where level = 'state'
    ),

    questions as (
        select policy_id, school_year, district_id, wave, construct, count(distinct item_id) as question_count
        from answers
        group by policy_id, school_year, district_id, wave, construct
    ),

    scores as (
        select
            policy_id,
            school_year,
            district_id,
            respondents.school_id,
            wave,
            respondent_id,
            respondents.grade,
            respondents.group_set,
            construct,
            count(answers.score) as answer_count,
            cast(avg(answers.score) as decimal(18, 6)) as score
        from respondents
        inner join answers using (policy_id, school_year, district_id, wave, respondent_id)
        group by
            policy_id,
            school_year,
            district_id,
            respondents.school_id,
            wave,
            respondent_id,
            respondents.grade,
            respondents.group_set,
            construct
    )

select
    policy_id,
    school_year,
    district_id,
    school_id,
    wave,
    respondent_id,
    grade,
    group_set,
    construct,
    score,
    answer_count = questions.question_count as is_complete
from scores
inner join questions using (policy_id, school_year, district_id, wave, construct)
inner join policy using (policy_id)
where
    school_year between policy.first_school_year and policy.last_school_year
    and position(concat(';', construct, ';') in concat(';', policy.constructs, ';')) > 0
    and answer_count > 0
    and answer_count >= policy.minimum_answered_share * questions.question_count
