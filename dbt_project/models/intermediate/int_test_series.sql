-- The tests of a student in one school and year that stand on one vertical scale: the sums from which a slope follows,
-- exact because days are whole and equivalents are counted in thousandths. Two tests on one day count as one, the
-- better.
with
    tests as (
        select
            assessment.school_year,
            assessment.district_id,
            assessment.school_id,
            assessment.student_id,
            assessment.subject,
            assessment.vertical_scale_id,
            assessment.administration_date,
            max(assessment.grade_level_equivalent) as grade_level_equivalent,
            max(assessment.scale_score) as scale_score,
            max(assessment.scale_score_standard_error) as scale_score_standard_error
        from {{ ref("stg_assessment") }} as assessment
        inner join
            {{ ref("code_participation_statuses") }} as participation
            on assessment.participation_status = participation.code
        where
            participation.is_participant
            and assessment.student_id is not null
            and assessment.subject is not null
            and assessment.grade_level_equivalent is not null
            and assessment.vertical_scale_id is not null
            and assessment.administration_date is not null
        group by all
    ),

    day_counts as (
        select school_year, school_id, asked_date, days_before, days_in_year from {{ ref("int_day_counts") }}
    ),

    dated as (
        select
            tests.school_year,
            tests.district_id,
            tests.school_id,
            tests.student_id,
            tests.subject,
            tests.vertical_scale_id,
            tests.administration_date,
            cast(day_counts.days_before as bigint) as t,
            cast(tests.grade_level_equivalent * 1000 as bigint) as y,
            cast(tests.scale_score * 1000 as bigint) as s,
            tests.scale_score_standard_error,
            cast(
                cast(day_counts.days_before as decimal(9, 4)) / day_counts.days_in_year as decimal(9, 4)
            ) as share_of_year
        from tests
        left join
            day_counts
            on tests.school_year = day_counts.school_year
            and tests.school_id = day_counts.school_id
            and tests.administration_date = day_counts.asked_date
    )

select
    school_year,
    district_id,
    school_id,
    student_id,
    subject,
    vertical_scale_id,
    count(*) as test_count,
    count(t) as dated_count,
    count(s) filter (where t is not null) as scored_count,
    min(t) as first_t,
    max(t) as last_t,
    cast(sum(t) as bigint) as sum_t,
    cast(sum(t * t) as bigint) as sum_tt,
    cast(sum(y) filter (where t is not null) as bigint) as sum_y,
    cast(sum(t * y) as bigint) as sum_ty,
    cast(sum(y * y) filter (where t is not null) as decimal(38, 0)) as sum_yy,
    cast(sum(s) filter (where t is not null) as bigint) as sum_s,
    cast(sum(t * s) as bigint) as sum_ts,
    cast(sum(s * s) filter (where t is not null) as decimal(38, 0)) as sum_ss,
    sum(scale_score_standard_error) filter (where t is not null) as sum_of_errors,
    max(administration_date) as last_date,
    min(y) as lowest_y,
    max(y) as highest_y,
    max_by(y, administration_date) as last_y,
    max_by(share_of_year, administration_date) as last_share_of_year
from dated
group by all
