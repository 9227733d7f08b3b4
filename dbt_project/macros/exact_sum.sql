{#- A sum of doubles that is the same in whatever order they come: each is first a decimal with fourteen places. -#}
{% macro exact_sum(quantity) -%} cast(sum(cast({{ quantity }} as decimal(38, 14))) as double) {%- endmacro %}
