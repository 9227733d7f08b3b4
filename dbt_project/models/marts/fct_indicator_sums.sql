-- The table of contents: every indicator, in one place. An indicator is published when its name stands here.
{%- set indicators = [
    "academic_achievement",
    "test_participation",
    "average_score",
    "full_academic_year_coverage",
] %}
{#- int_students is read only by means; the line keeps the order of building right whatever the measures are. -#}
-- depends_on: {{ ref("int_students") }}
{% for slug in indicators %} {{ sum_contributions(slug) }} {{ "union all" if not loop.last }} {% endfor %}
