with
    policy as (
        select policy_id, level, first_school_year, last_school_year, at_risk_share, chronic_share, severe_share
        from {{ ref("policy_chronic_absenteeism") }}
    ),

    attendance as (
        select
            policy_id, school_year, population, level, entity_id, student_id, days_expected, days_absent, reason, is_due
        from {{ ref("int_attendance_in_entities") }}
    ),

    judged as (
        select
            attendance.*,
            case
                when days_absent >= severe_share * days_expected
                then 'severely_chronic'
                when days_absent >= chronic_share * days_expected
                then 'moderately_chronic'
                when days_absent >= at_risk_share * days_expected
                then 'at_risk'
                else 'satisfactory'
            end as band
        from attendance
        inner join policy using (policy_id, level)
        where school_year between first_school_year and last_school_year
    ),

    measured as (
        select *, 'percent_chronically_absent' as measure, band like '%_chronic' as is_counted
        from judged
        union all
        select judged.*, concat('percent_', bands.band), judged.band = bands.band
        from judged
        cross join (values ('satisfactory'), ('at_risk'), ('moderately_chronic'), ('severely_chronic')) as bands(band)
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    population,
    'ALL' as subject,
    'all' as grade_span,
    measure,
    student_id,
    cast(reason is null and is_counted as decimal(18, 4)) as numerator,
    cast(reason is null as decimal(18, 4)) as denominator,
    cast(is_due as decimal(18, 4)) as expected,
    reason as exclusion
from measured
