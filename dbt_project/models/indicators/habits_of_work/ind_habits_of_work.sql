{%- set key = "policy_id, school_year, level, entity_id, student_id" %}
{%- set habits = ["self_direction", "persistence", "collaboration", "planning"] %}
{#- measure: (the student's value, whether it was due, why it is missing) -#}
{%- set asked = {"percent_of_highest_rating": ("score", "true", "exclusion")} %}
{%- for habit in habits %}
    {%- do asked.update({"percent_" ~ habit: (habit, "is_rated_" ~ habit, "coalesce(exclusion, 'habit_not_rated')")}) %}
{%- endfor %}
{%- do asked.update({"mean_change": ("change", "change is not null", "coalesce(exclusion, 'not_rated_last_year')")}) %}
{%- do asked.update({"mean_advisory_minutes": ("minutes", "is_support_due", "'district_sent_no_support'")}) %}
{%- set measures = [] %}
{%- for measure, (value, due, exclusion) in asked.items() %}
    {%- set exclusion = "case when " ~ value ~ " is null then " ~ exclusion ~ " end" %}
    {%- do measures.append([measure, value, "1", none, exclusion, due]) %}
{%- endfor %}
with
    students as (
        select
            {{ key }},
            cast(avg(score) as decimal(18, 10)) as score,
            cast(100 * avg(change) as decimal(18, 10)) as change,
            case when count(score) = 0 then min(exclusion) end as exclusion,
            {% for habit in habits %}
                cast(avg(score) filter (where habit_id = '{{ habit }}') as decimal(18, 10)) as {{ habit }},
                bool_or(habit_id = '{{ habit }}') as is_rated_{{ habit }} {{ "," if not loop.last }}
            {% endfor %}
        from {{ ref("int_habit_scores") }}
        group by {{ key }}
    ),

    lessons as (select {{ key }}, minutes, sends_support from {{ ref("int_advisory_minutes") }}),

    rated as (
        select
            students.*,
            'ALL' as subject,
            lessons.minutes,
            coalesce(lessons.sends_support, false) or level = 'state' as is_support_due
        from students
        left join lessons using ({{ key }})
    )

    {{ contributions("rated", measures) }}
