{#- The target of a performance level among the columns of a projection, one a level. -#}
{% macro growth_target(level) -%}
    case {{ level }} {%- for one in range(2, 10) %} when {{ one }} then target_level_{{ one }} {%- endfor %} end
{%- endmacro %}


{#- The rows of one growth measure from the judged students of an indicator.

    The column `reason` keeps a student out; who is due and has nothing to count lowers the completeness. `asks` limits the measure to some students. -#}
{% macro growth_contributions(measure, numerator, is_counted, asks=none, reason="reason") -%}
    select
        policy_id,
        school_year,
        level,
        entity_id,
        population,
        subject,
        'all' as grade_span,
        '{{ measure }}' as measure,
        student_id,
        cast(
            case when {{ reason }} is null and {{ is_counted }} then {{ numerator }} else 0 end as decimal(18, 4)
        ) as numerator,
        cast({{ reason }} is null and {{ is_counted }} as decimal(18, 4)) as denominator,
        cast({{ reason }} is null as decimal(18, 4)) as expected,
        {{ reason }} as exclusion
    from judged
    {% if asks -%} where {{ reason }} is null and {{ asks }} {%- endif %}
{%- endmacro %}
