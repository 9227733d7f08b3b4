-- The only results anyone outside sees: what the policy says of each, and nothing where the mask says so.
{%- set key = [
    "school_year",
    "level",
    "entity_id",
    "indicator",
    "policy_id",
    "population",
    "student_group",
    "grade_span",
    "subject",
    "measure",
] %}
with
    results as (
        select
            {{ key | join(", ") }},
            student_count,
            numerator,
            denominator,
            value,
            value_status,
            low_bound,
            high_bound,
            interval_low,
            interval_high,
            interval_method,
            completeness,
            reliability,
            use_class,
            mode
        from {{ ref("fct_indicator_disclosure") }}
    ),

    mask as (select {{ key | join(", ") }}, true as is_hidden from {{ source("disclosure", "disclosure_mask") }})

select
    {{ key | join(", ") }},
    case when is_hidden is null then student_count end as student_count,
    case when is_hidden is null then numerator end as numerator,
    case when is_hidden is null then denominator end as denominator,
    case when is_hidden is null then value end as value,
    -- A row of low coverage, or whose question does not apply, shows no number, hidden or not, and goes on saying so.
    case
        when is_hidden and value_status not in ('low_coverage', 'not_applicable') then 'suppressed' else value_status
    end as value_status,
    case when is_hidden is null then low_bound end as low_bound,
    case when is_hidden is null then high_bound end as high_bound,
    case when is_hidden is null then interval_low end as interval_low,
    case when is_hidden is null then interval_high end as interval_high,
    case when is_hidden is null then interval_method end as interval_method,
    case when is_hidden is null then completeness end as completeness,
    case when is_hidden is null then reliability end as reliability,
    use_class,
    mode
from results
left join mask using ({{ key | join(", ") }})
