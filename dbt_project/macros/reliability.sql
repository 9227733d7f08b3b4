{#- How reliable the mean of n scores is: the share of the variance of such means that lies between units and not in who happened to answer. -#}
{% macro reliability_of_mean(between, within, n) -%}
    ({{ between }}) / nullif(({{ between }}) + ({{ within }}) / ({{ n }}), 0)
{%- endmacro %}


{#- Published vectors: the least number of respondents whose mean is as reliable as asked, at a share of variance between units (ICC). -#}
{% test golden_reliability(model, reliability, vectors) %}
    with
        vectors(icc, least) as (
            values
                {%- for vector in vectors %}
                    (cast({{ vector.icc }} as double), cast({{ vector.least }} as double)){{ "," if not loop.last }}
                {%- endfor %}
        )

    select icc, least
    from vectors
    where
        {{ reliability_of_mean("icc", "1 - icc", "least") }} < {{ reliability }}
        or {{ reliability_of_mean("icc", "1 - icc", "least - 1") }} >= {{ reliability }}
{% endtest %}
