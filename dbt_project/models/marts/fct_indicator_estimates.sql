-- Statistics that do not add up, as the indicators' own folders give them.
{%- set estimated = indicators_with("estimates") %}
{%- for indicator in estimated %}
    {%- set measures = indicator_meta(indicator.slug).get("measures", []) %}
    {%- set compares = measures | selectattr("compared_with", "defined") | list %}
    select
        '{{ indicator.slug }}' as indicator,
        policy_id,
        school_year,
        level,
        entity_id,
        population,
        subject,
        grade_span,
        measure,
        student_group,
        student_count,
        {{ "other_count" if compares else "cast(null as bigint)" }} as other_count,
        unit_count,
        value,
        standard_error,
        interval_low,
        interval_high,
        interval_method,
        completeness
    from {{ estimates_of(indicator) }} {{ "union all" if not loop.last }}
{%- else %}
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
        cast(null as bigint) as student_count,
        cast(null as bigint) as other_count,
        cast(null as bigint) as unit_count,
        cast(null as decimal(18, 10)) as value,
        cast(null as decimal(18, 10)) as standard_error,
        cast(null as decimal(18, 10)) as interval_low,
        cast(null as decimal(18, 10)) as interval_high,
        cast(null as varchar) as interval_method,
        cast(null as decimal(9, 6)) as completeness
    where false
{%- endfor %}
