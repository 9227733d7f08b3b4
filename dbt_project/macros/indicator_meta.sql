{#- What an indicator's own yml says about it (meta.indicator). Empty while dbt is still parsing. -#}
{% macro indicator_meta(slug) -%}
    {%- set found = namespace(meta={}) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.name == "ind_" ~ slug -%}
            {%- set found.meta = node.config.meta.indicator -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found.meta) }}
{%- endmacro %}


{#- Every indicator's meta, in the order of meta.indicator.sort_order. -#}
{% macro all_indicator_meta() -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.config.meta.get("indicator") -%}
            {%- do found.append(node.config.meta.indicator) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found | sort(attribute="sort_order")) }}
{%- endmacro %}


{#- The names of the columns that an indicator's own yml lists. Empty while dbt is still parsing. -#}
{% macro indicator_columns(slug) -%}
    {%- set found = namespace(columns=[]) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.name == "ind_" ~ slug -%}
            {%- set found.columns = node.columns | list -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found.columns) }}
{%- endmacro %}


{#- The measures of one indicator that have one statistic. Empty while dbt is still parsing. -#}
{% macro measures_with(statistic, slug) -%}
    {%- set measures = indicator_meta(slug).get("measures", []) -%}
    {{ return(measures | selectattr("statistic", "equalto", statistic) | map(attribute="id") | list) }}
{%- endmacro %}
