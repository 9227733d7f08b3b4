{#- The date of a month and day within a school year that runs from July to June and is named for its ending year. -#}
{% macro date_in_school_year(school_year, month, day) -%}
    make_date(case when {{ month }} >= 7 then {{ school_year }} - 1 else {{ school_year }} end, {{ month }}, {{ day }})
{%- endmacro %}
