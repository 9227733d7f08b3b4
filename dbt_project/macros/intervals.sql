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


{#- A difference of two shares with the interval of Newcombe (1998, method 10), put together from two Wilson intervals. -#}
{% macro newcombe_interval(measure, x, n, y, m) -%}
    {%- set p = "(" ~ x ~ " / " ~ n ~ ")" -%}
    {%- set q = "(" ~ y ~ " / " ~ m ~ ")" -%}
    (
        '{{ measure }}',
        {{ p }} - {{ q }},
        sqrt({{ p }} * (1 - {{ p }}) / {{ n }} + {{ q }} * (1 - {{ q }}) / {{ m }}),
        {{ p }}
        - {{ q }}
        - sqrt(pow({{ p }} - {{ wilson_bound(x, n, "-") }}, 2) + pow({{ wilson_bound(y, m, "+") }} - {{ q }}, 2)),
        {{ p }}
        - {{ q }}
        + sqrt(pow({{ wilson_bound(x, n, "+") }} - {{ p }}, 2) + pow({{ q }} - {{ wilson_bound(y, m, "-") }}, 2)),
        'newcombe'
    )
{%- endmacro %}
