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
