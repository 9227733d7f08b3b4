-- Everyone who was invited to the survey that counts and could take part, under the pseudonym of the survey, with why
-- the
-- answers do not count. For each school and grade the last survey of the year that asks about the constructs counts; a
-- survey that nobody in the district answered is taken to ask about them.
with
    roster as (
        select
            school_year,
            district_id,
            school_id,
            wave,
            respondent_id,
            respondent_role,
            invited_date,
            coalesce(grade, '') as grade,
            concat('ALL;', coalesce(student_groups, '')) as group_set
        from {{ ref("stg_survey_roster") }}
        where coalesce(is_eligible, true)
        qualify
            row_number() over (partition by school_year, district_id, wave, respondent_id order by record_line asc) = 1
    ),

    policy as (
        select
            policy_id,
            first_school_year,
            last_school_year,
            respondent_role,
            constructs,
            minimum_answered_share,
            straight_line_answers
        from {{ ref("policy_survey_quality") }}
        where level = 'state'
    ),

    answers as (
        select policy_id, school_year, district_id, wave, respondent_id, item_id, construct, is_reversed, value
        from {{ ref("int_survey_answers") }}
    ),

    surveys as (
        select
            answers.policy_id,
            answers.school_year,
            answers.district_id,
            answers.wave,
            count(distinct answers.item_id) as question_count,
            bool_or(
                position(concat(';', answers.construct, ';') in concat(';', policy.constructs, ';')) > 0
            ) as asks_about_constructs
        from answers
        inner join
            policy
            on answers.policy_id = policy.policy_id
            and answers.school_year between policy.first_school_year and policy.last_school_year
        group by answers.policy_id, answers.school_year, answers.district_id, answers.wave
    ),

    invited as (
        select
            policy.policy_id,
            policy.minimum_answered_share,
            policy.straight_line_answers,
            roster.school_year,
            roster.district_id,
            roster.school_id,
            roster.wave,
            roster.respondent_id,
            roster.grade,
            roster.group_set,
            surveys.question_count,
            max(roster.invited_date) over (
                partition by
                    policy.policy_id,
                    roster.school_year,
                    roster.district_id,
                    roster.school_id,
                    roster.grade,
                    roster.wave
            ) as last_invited
        from roster
        inner join
            policy
            on roster.respondent_role = policy.respondent_role
            and roster.school_year between policy.first_school_year and policy.last_school_year
        left join
            surveys
            on policy.policy_id = surveys.policy_id
            and roster.school_year = surveys.school_year
            and roster.district_id = surveys.district_id
            and roster.wave = surveys.wave
        where coalesce(surveys.asks_about_constructs, true)
    ),

    last_invited as (
        select
            *,
            dense_rank() over (
                partition by policy_id, school_year, district_id, school_id, grade
                order by last_invited desc nulls last, wave desc
            ) as place
        from invited
    ),

    answered as (
        select
            policy_id,
            school_year,
            district_id,
            wave,
            respondent_id,
            count(value) as answer_count,
            min(value) = max(value)
            and bool_or(is_reversed and value is not null)
            and bool_or(not is_reversed and value is not null) as is_one_value
        from answers
        group by policy_id, school_year, district_id, wave, respondent_id
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
    case
        when coalesce(answered.answer_count, 0) = 0
        then 'no_answer'
        when coalesce(answered.is_one_value, false) and answered.answer_count >= straight_line_answers
        then 'one_answer_to_all_questions'
        when answered.answer_count < minimum_answered_share * question_count
        then 'too_few_answers'
    end as exclusion
from last_invited
left join answered using (policy_id, school_year, district_id, wave, respondent_id)
where place = 1
