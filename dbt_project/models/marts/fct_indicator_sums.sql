-- Contributions of every indicator, summed for every entity and student group.
{%- for indicator in indicators_with("contributions") %}
    {{ sum_contributions(indicator.slug) }} {{ added_later() if not loop.last }}
{%- endfor %}
