-- Contributions of every indicator, summed for every entity and student group.
{{ config(materialized="view") }}
{%- for name in indicators_with("contributions") | map(attribute="sums") | unique %}
    select
        indicator,
        policy_id,
        school_year,
        level,
        entity_id,
        population,
        subject,
        grade_span,
        measure,
        student_group,
        student_count,
        numerator,
        denominator,
        expected,
        reported,
        cluster_count,
        cluster_numerator_squares,
        cluster_products,
        cluster_denominator_squares
    from {{ ref(name) }} {{ "union all" if not loop.last }}
{%- endfor %}
