-- How each indicator is published at each level and of each student group: by its own rule where the policy
-- gives one, else by the policy's.
with
    indicators as (select indicator from {{ ref("dim_indicator") }}),

    student_groups as (select code as student_group from {{ ref("code_student_groups") }}),

    rules as (
        select
            policy_id,
            indicator,
            level,
            student_group,
            first_school_year,
            last_school_year,
            mode,
            count_base,
            whole_percents_to,
            numerator_floor,
            interval_width
        from {{ ref("policy_disclosure") }}
    )

select
    indicators.indicator,
    rules.policy_id,
    rules.level,
    student_groups.student_group,
    rules.first_school_year,
    rules.last_school_year,
    rules.mode,
    rules.count_base,
    rules.whole_percents_to,
    rules.numerator_floor,
    rules.interval_width
from indicators
cross join student_groups
inner join
    rules
    on (rules.indicator is null or rules.indicator = indicators.indicator)
    and (rules.student_group is null or rules.student_group = student_groups.student_group)
qualify
    row_number() over (
        partition by
            indicators.indicator, rules.policy_id, rules.level, student_groups.student_group, rules.first_school_year
        order by rules.indicator nulls last, rules.student_group nulls last
    )
    = 1
