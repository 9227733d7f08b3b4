-- Every number of every indicator's policy, one row per number, so that pages can cite what the formulas used.
-- depends_on: {{ ref("fct_indicator_sums") }}
{%- set keys = ["policy_id", "level", "first_school_year", "last_school_year", "authority"] %}
{%- set rows = [] %}
{%- if execute %}
    {%- for node in graph.nodes.values() | sort(attribute="name") if node.resource_type == "seed" and "indicators" in node.fqn %}
        {%- for column in node.columns if column not in keys %}
            {%- do rows.append((node.name | replace("policy_", ""), node.relation_name, column)) %}
        {%- endfor %}
    {%- endfor %}
{%- endif %}
{%- for slug, relation, column in rows %}
    select
        '{{ slug }}' as indicator,
        policy_id,
        level,
        first_school_year,
        last_school_year,
        '{{ column }}' as parameter,
        cast({{ column }} as varchar) as value,
        authority
    from {{ relation }} {{ "union all" if not loop.last }}
{%- else %} select null as indicator
{%- endfor %}
