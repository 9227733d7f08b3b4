-- Contributions to access and detracking, summed for every entity and student group.
{%- for indicator in indicators_with("contributions") if indicator.sums == model.name %}
    {{ sum_contributions(indicator.slug) }} {{ added_later() if not loop.last }}
{%- endfor %}
