{#- The contributions of several measures from one relation of judged students: first in columns, one row for all measures of a student, and
    from these one row a measure. What adds contributions up reads the columns (`ind_<slug>_in_columns`, which the materialization makes of
    the text before the mark), because keys are many and long: of 24,000 students they stand 0.15 and not 1.1 million times for pace.

    The relation has policy_id, school_year, level, entity_id, subject, student_id, exclusion and is_due (whether a value was due, counted or not;
    `due` where another condition says it, such as `false` of nobody).
    A measure is [id, numerator, denominator] and, where it asks about some students only, the condition under which it does (none: about
    all); then, where they are its own, the exclusion and whether a value was due. An excluded student contributes nothing but the reason:
    in columns the numbers of who is excluded or not asked are null, in rows zero.
    `unit` is the column that tells several units of a student apart. Measures that ask the same of the same students differ in the numerator
    alone; which is the first of them stands in the model's meta (`asked_like`), so that the rest is added up once. -#}
{% macro contributions(relation, measures, unit=none, population="'reporting'", grade_span="'all'", due="is_due") %}
    {%- set firsts, first_of = {}, {} -%}
    {%- for measure in measures -%}
        {%- do first_of.update({measure[0]: firsts.setdefault(measure[2:] | join("|"), measure[0])}) -%}
    {%- endfor -%}
    {{ config(meta={"asked_like": first_of}) }},
    in_columns as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            {{ population }} as population,
            subject,
            {{ grade_span }} as grade_span,
            student_id
            {%- if unit %}, {{ unit }} as unit_id {%- endif %}
            {%- for measure in measures %}
                {%- set id, numerator, denominator = measure[:3] %}
                {%- set asked, exclusion, due_of_measure = (measure[3:] + [none, none, none])[:3] %},
                {{ asked or "true" }} as is_asked_of_{{ id }},
                {{ exclusion or "exclusion" }} as exclusion_of_{{ id }},
                cast(
                    case
                        when is_asked_of_{{ id }} and exclusion_of_{{ id }} is null then {{ numerator }}
                    end as decimal(18, 4)
                ) as numerator_of_{{ id }},
                cast(
                    case
                        when is_asked_of_{{ id }} and exclusion_of_{{ id }} is null then {{ denominator }}
                    end as decimal(18, 4)
                ) as denominator_of_{{ id }},
                is_asked_of_{{ id }} and ({{ due_of_measure or due }}) as is_due_of_{{ id }}
            {%- endfor %}
        from {{ relation }}
    )
    {{ one_row_a_measure() }}
    {%- for measure in measures %}
        {{ contributions_to(measure[0], "in_columns", unit) }} {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- The mark between contributions in columns and in rows. -#}
{% macro one_row_a_measure() -%} {{ return("/* one row a measure */") }} {%- endmacro %}


{#- The rows of one measure from contributions in columns. -#}
{% macro contributions_to(measure, in_columns, has_units) %}
    select
        policy_id,
        school_year,
        level,
        entity_id,
        population,
        subject,
        grade_span,
        '{{ measure }}' as measure,
        student_id,
        {% if has_units -%} unit_id, {%- endif %}
        coalesce(numerator_of_{{ measure }}, 0) as numerator,
        coalesce(denominator_of_{{ measure }}, 0) as denominator,
        cast(is_due_of_{{ measure }} as decimal(18, 4)) as expected,
        exclusion_of_{{ measure }} as exclusion
    from {{ in_columns }}
    where is_asked_of_{{ measure }}
{%- endmacro %}


{#- Where the contributions of an indicator stand in columns. -#}
{% macro in_columns(slug) -%} {{ return(beside(ref("ind_" ~ slug))) }} {%- endmacro %}


{#- The measures of an indicator to which students contribute, each with the first that asks the same of the same students. -#}
{% macro asked_like(slug) -%}
    {%- set found = namespace(measures={}) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.name == "ind_" ~ slug -%}
            {%- set found.measures = node.config.meta.get("asked_like", {}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found.measures) }}
{%- endmacro %}


{#- The relation that has the contributions of another in columns. -#}
{% macro beside(relation) -%}
    {{ return(relation.incorporate(path={"identifier": relation.identifier ~ "_in_columns"})) }}
{%- endmacro %}


{#- The contributions to one measure. -#}
{% macro contributions_of(slug, measure) -%}
    {{ contributions_to(measure, in_columns(slug), "unit_id" in indicator_columns(slug)) }}
{%- endmacro %}
