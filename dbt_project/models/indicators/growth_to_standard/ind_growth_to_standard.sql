with
    policy as (
        select policy_id, level, first_school_year, last_school_year, proficient_performance_level, target_years
        from {{ ref("policy_growth_to_standard") }}
    ),

    standards as (select distinct proficient_performance_level, target_years from policy),

    percentiles as (
        select school_year, subject, student_id, uncorrected_percentile from {{ source("growth", "percentile") }}
    ),

    targets as (
        select
            school_year,
            subject,
            grade,
            student_id,
            proficient_performance_level,
            target_years,
            min({{ growth_target("proficient_performance_level") }}) as lowest_target,
            max({{ growth_target("proficient_performance_level") }}) as highest_target
        from {{ source("growth", "projection") }}
        inner join standards on years_ahead < target_years
        where projection = 'lagged'
        group by school_year, subject, grade, student_id, proficient_performance_level, target_years
    ),

    targeted as (select distinct school_year, subject, grade from targets where lowest_target is not null),

    judged as (
        select
            policy_id,
            school_year,
            population,
            level,
            entity_id,
            student_id,
            subject,
            coalesce(exclusion, case when targeted.grade is null then 'no_target' end) as exclusion,
            earlier_performance_level < proficient_performance_level as is_below,
            case when is_below then lowest_target else highest_target end as target,
            is_below is not null and uncorrected_percentile is not null and target is not null as is_counted,
            is_counted and uncorrected_percentile >= target as is_adequate
        from {{ ref("int_growth_in_entities") }} as students
        inner join policy using (policy_id, level)
        left join targeted using (school_year, subject, grade)
        left join percentiles using (school_year, subject, student_id)
        left join targets using (school_year, subject, student_id, proficient_performance_level, target_years)
        where school_year between first_school_year and last_school_year
    )
    {#- Who is due and has nothing to count lowers the completeness. -#}
    {%- set asked = {"adequate_growth": none, "catching_up": "is_below", "keeping_up": "not is_below"} %}
    {%- set measures = [] %}
    {%- for measure, asks in asked.items() %}
        {%- set asks = "exclusion is null and " ~ asks if asks %}
        {%- do measures.append(["percent_" ~ measure, "is_adequate", "is_counted", asks]) %}
    {%- endfor %}
    {{ contributions("judged", measures, population="population", due="exclusion is null") }}
