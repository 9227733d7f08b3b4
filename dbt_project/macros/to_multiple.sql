{#- A whole number rounded half up to the nearest multiple of a base. -#}
{% macro to_multiple(number, base) -%}
    cast(divide(2 * cast({{ number }} as bigint) + {{ base }}, 2 * {{ base }}) * {{ base }} as bigint)
{%- endmacro %}
