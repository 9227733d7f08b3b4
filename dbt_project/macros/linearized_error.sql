{#- The standard error of a ratio of sums from three sums over clusters: of numerators squared, of products, and of denominators squared; none from one cluster. -#}
{% macro linearized_error(numerator_squares, products, denominator_squares, ratio) -%}
    sqrt(
        greatest(
            0,
            {{ numerator_squares }}
            - 2 * {{ ratio }} * {{ products }}
            + {{ ratio }} * {{ ratio }} * {{ denominator_squares }}
        )
        * cluster_count
        / nullif(cluster_count - 1.0, 0)
    )
    / n
{%- endmacro %}
