{#- The target of a performance level among the columns of a projection, one a level. -#}
{% macro growth_target(level) -%}
    case {{ level }} {%- for one in range(2, 10) %} when {{ one }} then target_level_{{ one }} {%- endfor %} end
{%- endmacro %}
