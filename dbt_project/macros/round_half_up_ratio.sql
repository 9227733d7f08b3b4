{#- numerator / denominator × factor, rounded half up to 0 or 1 decimals without ever forming the quotient: 2a·f·s + b over 2b, in whole numbers.

    Both are decimals with four places and not negative, so that 10000 times each is whole; divide is division of whole numbers. -#}
{% macro round_half_up_ratio(numerator, denominator, factor, decimals) -%}
    {%- set scale = "(case when " ~ decimals ~ " = 1 then 10 else 1 end)" -%}
    cast(
        cast(
            divide(
                2 * cast({{ numerator }} * 10000 as hugeint) * {{ factor }} * {{ scale }}
                + cast({{ denominator }} * 10000 as hugeint),
                nullif(2 * cast({{ denominator }} * 10000 as hugeint), 0)
            ) as decimal(18, 1)
        )
        / {{ scale }} as decimal(18, 1)
    )
{%- endmacro %}
