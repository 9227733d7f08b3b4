{#- The standard error of ln(1 - alpha) for a scale of k items answered by n people (Bonett 2002, Journal of Educational and Behavioral
    Statistics 27). Alpha's own standard error is (1 - alpha) times it. -#}
{% macro log_alpha_error(items, people) -%}
    sqrt(2.0 * {{ items }} / nullif(({{ items }} - 1) * greatest({{ people }} - 2, 0), 0))
{%- endmacro %}
