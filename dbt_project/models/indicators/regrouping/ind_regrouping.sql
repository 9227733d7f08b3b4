-- A move counts when it answered to the student: to mastery, interest or choice. The last measure of each window
-- counts every move.
with
    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            subject,
            student_id,
            weeks,
            is_regrouped,
            is_regrouped_in_response,
            exclusion
        from {{ ref("int_regroupings") }}
    ),

    measured as (
        select *, concat('percent_regrouped_in_', weeks, '_weeks') as measure, is_regrouped_in_response as is_counted
        from students
        union all
        select *, concat('percent_moved_in_', weeks, '_weeks') as measure, is_regrouped as is_counted
        from students
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    'reporting' as population,
    subject,
    'all' as grade_span,
    measure,
    student_id,
    cast(exclusion is null and is_counted as decimal(18, 4)) as numerator,
    cast(exclusion is null as decimal(18, 4)) as denominator,
    cast(0 as decimal(18, 4)) as expected,
    exclusion
from measured
