-- The numbers about a survey as they are published, with what their intervals are made of: for alpha the standard
-- error is
-- that of ln(1 - alpha).
{%- set key = "policy_id, school_year, level, entity_id, student_group" %}
select
    {{ key }},
    'percent_responding' as measure,
    complete / invited as value,
    null as error,
    invited as n,
    null as others,
    'wilson' as method
from {{ ref("int_survey_responses") }}
union all
select {{ key }}, 'percent_one_answer', straight / answering, null, answering, null, 'wilson'
from {{ ref("int_survey_responses") }}
where answering > 0
union all
select {{ key }}, 'nonresponse_difference', difference, difference_error, invited, all_invited - invited, 'normal'
from {{ ref("int_survey_responses") }}
union all
select
    {{ key }},
    concat('alpha_', construct),
    alpha,
    {{ log_alpha_error("question_count", "respondent_count") }},
    respondent_count,
    null,
    'bonett'
from {{ ref("int_survey_items") }}
