{#- One estimate as a row of values: measure, value, standard error, the ends of the 95 % interval, and the method's name. -#}
{% macro normal_interval(measure, value, error, method) -%}
    (
        '{{ measure }}',
        {{ value }},
        {{ error }},
        {{ value }} - 1.959963985 * {{ error }},
        {{ value }} + 1.959963985 * {{ error }},
        '{{ method }}'
    )
{%- endmacro %}


{#- The same for a ratio whose logarithm has the standard error given: the interval is even on the log scale. -#}
{% macro log_interval(measure, value, log_error, method) -%}
    (
        '{{ measure }}',
        {{ value }},
        {{ value }} * {{ log_error }},
        {{ value }} * exp(-1.959963985 * {{ log_error }}),
        {{ value }} * exp(1.959963985 * {{ log_error }}),
        '{{ method }}'
    )
{%- endmacro %}
