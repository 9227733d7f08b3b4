-- The odds of a group of being placed against those of all others of equal attainment in the same school and grade.
with
    policy as (
        select
            policy_id,
            level,
            first_school_year,
            last_school_year,
            minimum_strata,
            minimum_focal_students,
            minimum_expected_placed
        from {{ ref("policy_placement_at_equal_attainment") }}
    )

select
    summaries.policy_id,
    school_year,
    summaries.level,
    entity_id,
    population,
    subject,
    'all' as grade_span,
    measure,
    student_group,
    cast(case when is_enough then value end as decimal(18, 10)) as value,
    cast(case when is_enough then error end as decimal(18, 10)) as standard_error,
    cast(case when is_enough then low end as decimal(18, 10)) as interval_low,
    cast(case when is_enough then high end as decimal(18, 10)) as interval_high,
    case when is_enough and low is not null then method end as interval_method,
    cast(stratum_count as bigint) as unit_count,
    cast(focal_count as bigint) as student_count,
    cast(other_count as bigint) as other_count,
    cast(null as decimal(9, 6)) as completeness
from {{ ref("int_placement_summaries") }} as summaries
inner join policy on summaries.policy_id = policy.policy_id and summaries.level = policy.level
cross join
    lateral(
        select
            stratum_count >= minimum_strata
            and focal_count >= minimum_focal_students
            and expected_placed >= minimum_expected_placed as is_enough
    ) as judged
cross join
    lateral(
        values
            {{ log_interval("odds_ratio", "odds_ratio", "log_error", "robins_breslow_greenland") }},
            {{ normal_interval("placement_difference", "difference", "difference_error", "greenland_robins") }},
            ('e_value', e_value, null, null, null, null),
            ('homogeneity', breslow_day / nullif(degrees_of_freedom, 0), null, null, null, null)
    ) as found(measure, value, error, low, high, method)
where school_year between first_school_year and last_school_year
