{#- A schema is named for its stage alone, not prefixed with the target's name. -#}
{% macro generate_schema_name(custom_schema_name, node) -%} {{ custom_schema_name or target.schema }} {%- endmacro %}
