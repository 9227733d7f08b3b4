-- Sums over the respondents who answered every question about a construct, from which alpha follows: by question and of
-- their totals, for each entity and student group. Where respondents were asked different questions there is no one
-- scale.
with
    scores as (
        select policy_id, school_year, district_id, school_id, wave, respondent_id, group_set, construct
        from {{ ref("int_survey_scores") }}
        where is_complete
    ),

    answers as (
        select policy_id, school_year, district_id, wave, respondent_id, item_id, construct, score
        from {{ ref("int_survey_answers") }}
    ),

    members as (select group_set, student_group from {{ ref("int_survey_group_members") }}),

    policy as (
        select policy_id, level, first_school_year, last_school_year, minimum_respondents
        from {{ ref("policy_survey_quality") }}
    ),

    respondents as (
        select
            policy_id,
            school_year,
            district_id,
            scores.school_id,
            scores.group_set,
            wave,
            respondent_id,
            construct,
            string_agg(item_id, '|' order by item_id) as questions,
            sum(answers.score) as total
        from scores
        inner join answers using (policy_id, school_year, district_id, wave, respondent_id, construct)
        group by policy_id, school_year, district_id, scores.school_id, scores.group_set, wave, respondent_id, construct
    ),

    totals as (
        select
            policy_id,
            school_year,
            district_id,
            school_id,
            group_set,
            construct,
            min(questions) as first_questions,
            max(questions) as last_questions,
            count(*) as respondent_count,
            sum(total) as total,
            sum(total * total) as total_squares
        from respondents
        group by policy_id, school_year, district_id, school_id, group_set, construct
    ),

    items as (
        select
            policy_id,
            school_year,
            district_id,
            scores.school_id,
            scores.group_set,
            construct,
            item_id,
            count(*) as respondent_count,
            sum(answers.score) as item,
            sum(answers.score * answers.score) as item_squares
        from scores
        inner join answers using (policy_id, school_year, district_id, wave, respondent_id, construct)
        group by policy_id, school_year, district_id, scores.school_id, scores.group_set, construct, item_id
    ),

    totals_in_entities as (
        select
            policy_id,
            school_year,
            level,
            case level when 'school' then school_id when 'district' then district_id else 'state' end as entity_id,
            student_group,
            construct,
            minimum_respondents,
            min(first_questions) = max(last_questions) as is_one_scale,
            cast(sum(respondent_count) as double) as n,
            cast(sum(total_squares) as double)
            - cast(sum(total) as double) * cast(sum(total) as double) / sum(respondent_count) as total_variation
        from totals
        inner join members using (group_set)
        inner join policy using (policy_id)
        where school_year between first_school_year and last_school_year
        group by policy_id, school_year, level, entity_id, student_group, construct, minimum_respondents
    ),

    items_in_entities as (
        select
            policy_id,
            school_year,
            level,
            case level when 'school' then school_id when 'district' then district_id else 'state' end as entity_id,
            student_group,
            construct,
            item_id,
            cast(sum(item_squares) as double)
            - cast(sum(item) as double) * cast(sum(item) as double) / sum(respondent_count) as item_variation
        from items
        inner join members using (group_set)
        inner join policy using (policy_id)
        where school_year between first_school_year and last_school_year
        group by policy_id, school_year, level, entity_id, student_group, construct, item_id
    ),

    scales as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            construct,
            cast(count(*) as double) as k,
            sum(item_variation) as item_variation
        from items_in_entities
        group by policy_id, school_year, level, entity_id, student_group, construct
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    student_group,
    construct,
    cast(n as bigint) as respondent_count,
    k as question_count,
    cast(
        case
            when n >= minimum_respondents and is_one_scale and k > 1 and n > 2 and total_variation > 1e-9
            then k / (k - 1) * (1 - item_variation / total_variation)
        end as decimal(18, 10)
    ) as alpha
from totals_in_entities
inner join scales using (policy_id, school_year, level, entity_id, student_group, construct)
