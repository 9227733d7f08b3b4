{#- Whether known gaps are a major one under the policy that stands beside them. `suffix` names other counts of the same kind. -#}
{% macro is_major_gap(suffix="") -%}
    (
        essential_gap_count{{ suffix }} > 0
        or known_gap_months{{ suffix }} > major_gap_months
        or (major_gap_boundary = 'at_least' and known_gap_months{{ suffix }} = major_gap_months)
        or direct_gap_count{{ suffix }} >= major_direct_gaps
    )
{%- endmacro %}
