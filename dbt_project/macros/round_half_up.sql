{#- 10 to the power of a number of decimals, as a whole number; 4 is the most that is published. -#}
{% macro power_of_ten(decimals) -%}
    (case {{ decimals }} when 0 then 1 when 1 then 10 when 2 then 100 when 3 then 1000 when 4 then 10000 end)
{%- endmacro %}


{#- numerator / denominator × factor, rounded half up to 0 to 4 decimals without ever forming the quotient: 2a·f·s + b over 2b, in whole numbers.

    Both are decimals with four places, so that 10000 times each is whole; divide is division of whole numbers. The denominator is positive. A
    negative number is rounded as its opposite is, so that -14.5 and 14.5 are rounded alike. -#}
{% macro round_half_up_ratio(numerator, denominator, factor, decimals) -%}
    {%- set scale = power_of_ten(decimals) -%}
    cast(
        sign({{ numerator }}) * cast(
            divide(
                2 * cast(abs({{ numerator }}) * 10000 as hugeint) * {{ factor }} * {{ scale }}
                + cast({{ denominator }} * 10000 as hugeint),
                nullif(2 * cast({{ denominator }} * 10000 as hugeint), 0)
            ) as decimal(18, 4)
        )
        / {{ scale }} as decimal(18, 4)
    )
{%- endmacro %}


{#- A decimal with ten places × factor, rounded half up (away from zero) to 0 to 4 decimals, in whole numbers. -#}
{% macro round_half_up(value, factor, decimals) -%}
    {%- set scale = power_of_ten(decimals) -%}
    cast(
        sign({{ value }}) * cast(
            divide(
                2 * cast(abs({{ value }}) * 10000000000 as hugeint) * {{ factor }} * {{ scale }} + 10000000000,
                20000000000
            ) as decimal(18, 4)
        )
        / {{ scale }} as decimal(18, 4)
    )
{%- endmacro %}
