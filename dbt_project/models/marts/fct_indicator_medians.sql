-- The median of the students' own values, where a measure asks for it.
-- depends_on: {{ ref("int_student_group_sets") }}, {{ ref("int_group_set_members") }}
{%- for indicator in indicators_with("medians") %}
-- depends_on: {{ ref("ind_" ~ indicator.slug) }}
{%- endfor %}
{%- for indicator in indicators_with("medians") %}
    {{ median_contributions(indicator.slug) }} {{ added_later() }}
{%- endfor %}
select
    cast(null as varchar) as indicator,
    cast(null as varchar) as policy_id,
    cast(null as smallint) as school_year,
    cast(null as varchar) as level,
    cast(null as varchar) as entity_id,
    cast(null as varchar) as population,
    cast(null as varchar) as subject,
    cast(null as varchar) as grade_span,
    cast(null as varchar) as measure,
    cast(null as varchar) as student_group,
    cast(null as decimal(18, 6)) as value,
    cast(null as decimal(18, 6)) as interval_low,
    cast(null as decimal(18, 6)) as interval_high
where false
