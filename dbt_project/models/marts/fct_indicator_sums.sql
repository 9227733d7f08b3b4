-- Contributions of every indicator, summed for every entity and student group.
{#- int_students is read only where there are clusters; the line keeps the order of building right whatever the measures are. -#}
-- depends_on: {{ ref("int_students") }}
{% for indicator in indicators_with("contributions") %}
    {{ sum_contributions(indicator.slug) }} {{ "union all" if not loop.last }}
{% endfor %}
