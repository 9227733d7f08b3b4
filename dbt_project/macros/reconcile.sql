{#- What became of every student that one indicator speaks of, in each entity: counted, or kept out by which rule.

    Of an indicator with several measures the first that has contributions is reconciled. A student with several rows is counted where one of them counts;
    where a measure has one row a student, which a test of the indicator holds, nothing is grouped. -#}
{% macro reconcile(indicator) -%}
    {%- set slug = indicator.slug -%}
    {%- set key = "policy_id, school_year, level, entity_id, population, subject, student_id" -%}
    {%- set measures = (
        indicator_meta(slug).get("measures", []) | rejectattr("statistic", "equalto", "estimate") | list
    ) -%}
    {%- set has_exclusion = "members" in indicator or "exclusion" in indicator_columns(slug) -%}
    {%- set has_one_row = (
        "members" not in indicator
        and "unit_id" not in indicator_columns(slug)
        and indicator_meta(slug).get("grade_spans") == "all"
    ) -%}
    {%- set most = "" if has_one_row else "max" -%}
    {%- set least = "" if has_one_row else "min" %}
    select '{{ slug }}' as indicator, {{ key }},
    {% if "members" in indicator -%}
            case when bool_or(exclusion is null) then 'counted' else min(exclusion) end as outcome
        from {{ ref(indicator.members) }}
    {%- else -%}
            case
                when {{ most }} (denominator) > 0 or {{ most }} (expected) > 0
                then 'counted'
                else
                    {{
                        (
                            "coalesce(" ~ least ~ "(exclusion), 'no_reason_given')"
                            if has_exclusion
                            else "'no_reason_given'"
                        )
                    }}
            end as outcome
        from ({{ contributions_of(slug, measures[0].id if measures) }})
    {%- endif %}
    {% if not has_one_row -%} group by {{ key }} {%- endif %}
{%- endmacro %}
