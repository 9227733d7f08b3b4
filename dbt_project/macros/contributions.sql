{#- The contributions of several measures from one relation of judged students, as a union of one select a measure.

    The relation has policy_id, school_year, level, entity_id, subject, student_id, exclusion and is_due (whether a value was due, counted or not).
    A measure is [id, numerator, denominator] and, where it asks about some students only, the condition under which it does. An excluded student
    contributes nothing but the reason. `unit` is the column that tells several units of a student apart. -#}
{% macro contributions(relation, measures, unit=none) -%}
    {%- for measure in measures %}
        select
            policy_id,
            school_year,
            level,
            entity_id,
            'reporting' as population,
            subject,
            'all' as grade_span,
            '{{ measure[0] }}' as measure,
            student_id,
            {% if unit -%} {{ unit }}, {%- endif %}
            cast(case when exclusion is null then {{ measure[1] }} else 0 end as decimal(18, 4)) as numerator,
            cast(case when exclusion is null then {{ measure[2] }} else 0 end as decimal(18, 4)) as denominator,
            cast(is_due as decimal(18, 4)) as expected,
            exclusion
        from {{ relation }}
        {% if measure | length > 3 -%} where {{ measure[3] }} {%- endif %} {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
