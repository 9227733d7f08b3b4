{#- The nth part of a text that lists values with ; between them, or the last where there are fewer. -#}
{% macro nth_or_last(list, position) -%}
    coalesce(nullif(split_part({{ list }}, ';', {{ position }}), ''), split_part({{ list }}, ';', -1))
{%- endmacro %}
