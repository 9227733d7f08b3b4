-- The gap between a group and all others in percentage points, and its exact parts, in two orders.
with
    policy as (
        select policy_id, level, first_school_year, last_school_year, minimum_students
        from {{ ref("policy_access_gap_split") }}
    )

select
    gaps.policy_id,
    school_year,
    gaps.level,
    entity_id,
    'reporting' as population,
    'ALL' as subject,
    'all' as grade_span,
    measure,
    student_group,
    cast(case when is_enough then 100 * value end as decimal(18, 10)) as value,
    cast(case when is_enough then 100 * error end as decimal(18, 10)) as standard_error,
    cast(case when is_enough then 100 * low end as decimal(18, 10)) as interval_low,
    cast(case when is_enough then 100 * high end as decimal(18, 10)) as interval_high,
    case when is_enough and low is not null then method end as interval_method,
    member_count + other_count as unit_count,
    member_count as student_count,
    other_count,
    cast(null as decimal(9, 6)) as completeness
from {{ ref("int_access_gaps") }} as gaps
inner join policy on gaps.policy_id = policy.policy_id and gaps.level = policy.level
cross join lateral(select least(member_count, other_count) >= greatest(minimum_students, 1) as is_enough) as judged
cross join
    lateral(
        values
            {{
                newcombe_interval(
                    "access_gap", "member_place_count", "member_count", "other_place_count", "other_count"
                )
            }},
            ('offering_gap', offering_gap, null, null, null, null),
            {{ normal_interval("between_schools", "between_schools", "between_schools_error", "delta") }},
            {{ normal_interval("within_schools", "within_schools", "within_schools_error", "delta") }},
            {{
                normal_interval(
                    "between_schools_mirror",
                    "between_schools_mirror",
                    "between_schools_mirror_error",
                    "delta",
                )
            }},
            {{
                normal_interval(
                    "within_schools_mirror", "within_schools_mirror", "within_schools_mirror_error", "delta"
                )
            }},
            ('in_schools_without_others', in_schools_without_others, null, null, null, null)
    ) as found(measure, value, error, low, high, method)
where school_year between first_school_year and last_school_year and member_count > 0
