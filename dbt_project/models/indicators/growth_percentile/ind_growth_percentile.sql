with
    students as (
        select policy_id, school_year, population, level, entity_id, student_id, subject, grade, exclusion
        from {{ ref("int_growth_in_entities") }}
    ),

    percentiles as (
        select school_year, subject, student_id, growth_percentile from {{ source("growth", "percentile") }}
    ),

    baseline_percentiles as (
        select school_year, subject, student_id, growth_percentile as baseline_percentile
        from {{ source("growth", "baseline_percentile") }}
    ),

    compared as (
        select distinct school_year, subject, grade, true as is_compared from {{ source("growth", "percentile") }}
    ),

    compared_with_baseline as (
        select distinct school_year, subject, grade, true as has_baseline
        from {{ source("growth", "baseline_percentile") }}
    ),

    policy as (select policy_id, level, first_school_year, last_school_year from {{ ref("policy_growth_percentile") }}),

    judged as (
        select
            students.*,
            coalesce(students.exclusion, case when is_compared is null then 'cohort_not_compared' end) as reason,
            percentiles.growth_percentile,
            coalesce(has_baseline, false) as has_baseline,
            baseline_percentiles.baseline_percentile
        from students
        inner join policy using (policy_id, level)
        left join compared using (school_year, subject, grade)
        left join compared_with_baseline using (school_year, subject, grade)
        left join percentiles using (school_year, subject, student_id)
        left join baseline_percentiles using (school_year, subject, student_id)
        where school_year between first_school_year and last_school_year
    )
    {#- Who is due and has nothing to count lowers the completeness. -#}
    {%- set asked_and_reason = {
        "growth": (none, "reason"),
        "baseline": ("exclusion is null and has_baseline", "exclusion"),
    } %}
    {%- set measures = [] %}
    {%- for norm, (asked, reason) in asked_and_reason.items() %}
        {%- set value, has_value = "coalesce(" ~ norm ~ "_percentile, 0)", norm ~ "_percentile is not null" %}
        {%- do measures.append(
            ["mean_" ~ norm ~ "_percentile", value, has_value, asked, reason, reason ~ " is null"]
        ) %}
    {%- endfor %}
    {{ contributions("judged", measures, population="population") }}
