{#- The denominator of the 95 % rule: students tested, or the floor's share of students expected if that is more (20 USC 6311(c)(4)(E)). -#}
{% macro floored_denominator(tested, expected, floor) -%}
    greatest({{ tested }}, cast({{ floor }} * {{ expected }} as decimal(28, 4)))
{%- endmacro %}
