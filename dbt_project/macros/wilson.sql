{#- One bound of the Wilson score interval at 95 % for `successes` of `trials` (Wilson 1927). `sign` is + or -.

    least and greatest keep rounding noise of the square root from leaving [0, 1]. -#}
{% macro wilson_bound(successes, trials, sign) -%}
    {%- set z = "1.959963985" -%}
    least(
        1,
        greatest(
            0,
            (
                {{ successes }} / {{ trials }} + {{ z }} * {{ z }} / (2 * {{ trials }})
                {{ sign }} {{ z }} * sqrt(
                    greatest(
                        0,
                        ({{ successes }} / {{ trials }}) * (1 - {{ successes }} / {{ trials }}) / {{ trials }}
                        + {{ z }} * {{ z }} / (4.0 * {{ trials }} * {{ trials }})
                    )
                )
            )
            / (1 + {{ z }} * {{ z }} / {{ trials }})
        )
    )
{%- endmacro %}
