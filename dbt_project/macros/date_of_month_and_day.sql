{#- The date within a school year of a month and day written as 10-15. -#}
{% macro date_of_month_and_day(school_year, month_and_day) -%}
    {{
        date_in_school_year(
            school_year,
            "cast(substr(" ~ month_and_day ~ ", 1, 2) as integer)",
            "cast(substr(" ~ month_and_day ~ ", 4, 2) as integer)",
        )
    }}
{%- endmacro %}
