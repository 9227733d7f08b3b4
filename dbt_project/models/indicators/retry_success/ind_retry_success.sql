{#- measure: (what is summed, over what, whether it was due, why it is missing) -#}
{%- set measures = {
    "percent_offered_again": ("offered_again", "unsuccessful", "is_offer_due", "offer_exclusion"),
    "percent_successful_on_retry": ("successful_retries", "retries", "is_retry_due", "retry_exclusion"),
    "percent_equivalent_retries": ("equivalent_retries", "retries", "is_retry_due", "retry_exclusion"),
    "mean_support_minutes": ("minutes", "supported_retries", "is_support_due", "support_exclusion"),
} %}
with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_id,
            unsuccessful,
            offered_again,
            retries,
            equivalent_retries,
            successful_retries,
            supported_retries,
            minutes,
            is_offer_due,
            is_retry_due,
            is_support_due,
            offer_exclusion,
            retry_exclusion,
            support_exclusion
        from {{ ref("int_retries") }}
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
