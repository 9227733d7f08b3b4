{%- set key = "policy_id, school_year, level, entity_id, student_id" %}
{%- set habits = ["self_direction", "persistence", "collaboration", "planning"] %}
{#- measure: (the student's value, whether it was due, why it is missing) -#}
{%- set measures = {"percent_of_highest_rating": ("score", "true", "exclusion")} %}
{%- for habit in habits %}
    {%- do measures.update(
        {"percent_" ~ habit: (habit, "is_rated_" ~ habit, "coalesce(exclusion, 'habit_not_rated')")}
    ) %}
{%- endfor %}
{%- do measures.update(
    {"mean_change": ("change", "change is not null", "coalesce(exclusion, 'not_rated_last_year')")}
) %}
{%- do measures.update(
    {"mean_advisory_minutes": ("minutes", "sends_support or level = 'state'", "'district_sent_no_support'")}
) %}
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
        select students.*, lessons.minutes, coalesce(lessons.sends_support, false) as sends_support
        from students
        left join lessons using ({{ key }})
    )

{% for measure, (value, due, exclusion) in measures.items() %}
    select
        {{ key }},
        'reporting' as population,
        'ALL' as subject,
        'all' as grade_span,
        '{{ measure }}' as measure,
        cast(null as varchar) as unit_id,
        cast(coalesce({{ value }}, 0) as decimal(18, 4)) as numerator,
        cast({{ value }} is not null as decimal(18, 4)) as denominator,
        cast({{ due }} as decimal(18, 4)) as expected,
        case when {{ value }} is null then {{ exclusion }} end as exclusion
    from rated {{ "union all" if not loop.last }}
{% endfor %}
