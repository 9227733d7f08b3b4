{#- measure: (what is summed, over what, whether it was due, why it is missing) -#}
{%- set measures = {
    "percent_initiated_when_ready": (
        "initiated_when_ready",
        "with_initiation",
        "is_initiation_due",
        "initiation_exclusion",
    ),
    "percent_on_readiness": ("on_readiness", "with_ready_date", "is_ready_date_due", "ready_date_exclusion"),
    "percent_premature": ("premature", "with_ready_date", "is_ready_date_due", "ready_date_exclusion"),
    "median_days_waited": ("days_waited", "waited_attempts", "is_wait_due", "wait_exclusion"),
} %}
with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_id,
            with_initiation,
            initiated_when_ready,
            with_ready_date,
            premature,
            on_readiness,
            waited_attempts,
            days_waited,
            is_initiation_due,
            is_ready_date_due,
            is_wait_due,
            initiation_exclusion,
            ready_date_exclusion,
            wait_exclusion
        from {{ ref("int_ready_attempts") }}
    )

{% for measure, (met, counted, due, exclusion) in measures.items() %}
    select
        policy_id,
        school_year,
        level,
        entity_id,
        'reporting' as population,
        'ALL' as subject,
        'all' as grade_span,
        '{{ measure }}' as measure,
        student_id,
        cast(null as varchar) as unit_id,
        cast({{ met }} as decimal(18, 4)) as numerator,
        cast({{ counted }} as decimal(18, 4)) as denominator,
        cast({{ due }} as decimal(18, 4)) as expected,
        {{ exclusion }} as exclusion
    from students {{ "union all" if not loop.last }}
{% endfor %}
