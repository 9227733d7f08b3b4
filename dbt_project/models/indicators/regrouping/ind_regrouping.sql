-- A move counts when it answered to the student: to mastery, interest or choice. The last measure of each window
-- counts every move.
{%- set measures = [] %}
{%- for kind, days in {"regrouped": "days_to_regrouping", "moved": "days_to_move"}.items() %}
    {%- for weeks in [2, 6, 9, 18] %}
        {%- set is_asked = "position('|" ~ weeks ~ "|' in concat('|', windows_weeks, '|')) > 0" %}
        {%- set exclusion = (
            "coalesce(exclusion, case when days_stayed < 7 * " ~ weeks ~ " then 'left_before_the_end' end)"
        ) %}
        {%- set is_moved = "coalesce(" ~ days ~ " <= 7 * " ~ weeks ~ ", false)" %}
        {%- do measures.append(["percent_" ~ kind ~ "_in_" ~ weeks ~ "_weeks", is_moved, "1", is_asked, exclusion]) %}
    {%- endfor %}
{%- endfor %}
with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            windows_weeks,
            days_to_move,
            days_to_regrouping,
            days_stayed,
            exclusion
        from {{ ref("int_regroupings") }}
    )

    {{ contributions("students", measures, due="false") }}
