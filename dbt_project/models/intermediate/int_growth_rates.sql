-- How fast a student grew in a school year as judged in each entity: the slope of grade-level equivalents on days of
-- instruction there, where the student stood at the last test there, and at the last test of the year before. The
-- start is
-- read on that other occasion: who scores low by chance on the first point of a slope would seem to catch up.
with
    learners as (
        select school_year, level, entity_id, student_id, district_id, grade_place from {{ ref("int_learners") }}
    ),

    series as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            subject,
            vertical_scale_id,
            test_count,
            dated_count,
            scored_count,
            first_t,
            last_t,
            sum_t,
            sum_tt,
            sum_y,
            sum_ty,
            sum_yy,
            sum_s,
            sum_ts,
            sum_ss,
            sum_of_errors,
            last_date,
            lowest_y,
            highest_y,
            last_y,
            last_share_of_year
        from {{ ref("int_test_series") }}
    ),

    reported as (select distinct school_year, district_id, subject from series),

    asked as (select distinct school_year, subject from series),

    placed as (
        select 'school' as level, school_id as entity_id, *
        from series
        union all
        select 'district' as level, district_id as entity_id, *
        from series
        union all
        select 'state' as level, 'state' as entity_id, *
        from series
    ),

    combined as (
        select
            school_year,
            level,
            entity_id,
            student_id,
            subject,
            vertical_scale_id,
            sum(test_count) as test_count,
            sum(dated_count) as n,
            sum(scored_count) as scored_count,
            max(last_t) - min(first_t) as span_days,
            sum(dated_count) * sum(sum_tt) - sum(sum_t) * sum(sum_t) as sxx,
            sum(dated_count) * sum(sum_ty) - sum(sum_t) * sum(sum_y) as sxy,
            sum(dated_count) * sum(sum_yy) - sum(sum_y) * sum(sum_y) as syy,
            sum(dated_count) * sum(sum_ts) - sum(sum_t) * sum(sum_s) as sxs,
            sum(dated_count) * sum(sum_ss) - sum(sum_s) * sum(sum_s) as sss,
            sum(sum_of_errors) as sum_of_errors,
            min(lowest_y) as lowest_y,
            max(highest_y) as highest_y,
            max_by(last_y, concat(last_date, school_id)) as last_y,
            max_by(last_share_of_year, concat(last_date, school_id)) as last_share_of_year
        from placed
        group by school_year, level, entity_id, student_id, subject, vertical_scale_id
    ),

    policy as (
        select
            policy_id,
            level,
            first_school_year,
            last_school_year,
            days_in_a_year,
            minimum_span_days,
            level_margin,
            tested_grade_share,
            lowest_equivalent,
            highest_equivalent
        from {{ ref("policy_growth_rate") }}
    ),

    -- Never two scales in one series: the one with most tests. An equivalent that no student can have is a mistake of
    -- the file, and would be a rate of hundreds of grades.
    one_scale as (
        select
            combined.*,
            coalesce(
                combined.lowest_y < policy.lowest_equivalent * 1000
                or combined.highest_y > policy.highest_equivalent * 1000,
                false
            ) as is_out_of_range
        from combined
        left join
            policy
            on combined.level = policy.level
            and combined.school_year between policy.first_school_year and policy.last_school_year
        qualify
            row_number() over (
                partition by
                    combined.school_year, combined.level, combined.entity_id, combined.student_id, combined.subject
                order by combined.n desc, combined.vertical_scale_id asc
            )
            = 1
    ),

    starts as (
        select
            last_year.school_year + 1 as school_year,
            last_year.student_id,
            last_year.subject,
            last_year.vertical_scale_id,
            cast(
                cast(last_year.last_y as decimal(18, 4)) / 1000
                - (learners.grade_place - 1 + last_year.last_share_of_year) as decimal(18, 4)
            ) as distance_at_start
        from combined as last_year
        inner join
            learners
            on last_year.school_year = learners.school_year
            and last_year.level = learners.level
            and last_year.student_id = learners.student_id
        left join
            policy
            on last_year.level = policy.level
            and last_year.school_year between policy.first_school_year and policy.last_school_year
        where
            last_year.level = 'state'
            and coalesce(last_year.last_y >= policy.lowest_equivalent * 1000, true)
            and coalesce(last_year.last_y <= policy.highest_equivalent * 1000, true)
    ),

    measured as (
        select
            learners.school_year,
            learners.level,
            learners.entity_id,
            asked.subject,
            learners.student_id,
            learners.grade_place,
            reported.subject is not null as is_reported,
            coalesce(one_scale.test_count, 0) as test_count,
            coalesce(one_scale.n, 0) as n,
            one_scale.scored_count,
            one_scale.span_days,
            one_scale.is_out_of_range,
            cast(case when not one_scale.is_out_of_range then nullif(one_scale.sxx, 0) end as decimal(18, 0)) as sxx,
            cast(one_scale.sxy as decimal(18, 0)) as sxy,
            cast(one_scale.sxs as decimal(18, 0)) as sxs,
            cast(case when not one_scale.is_out_of_range then nullif(one_scale.sxx, 0) end as double) as xx,
            cast(one_scale.sxy as double) as xy,
            cast(one_scale.syy as double) as yy,
            cast(case when not one_scale.is_out_of_range then one_scale.sss end as double) as ss,
            cast(one_scale.sum_of_errors as double) as sum_of_errors,
            learners.grade_place - 1 + one_scale.last_share_of_year as expected_at_end,
            cast(one_scale.last_y as decimal(18, 4)) / 1000 as equivalent_at_end,
            starts.distance_at_start
        from learners
        inner join asked on learners.school_year = asked.school_year
        left join
            reported
            on learners.school_year = reported.school_year
            and learners.district_id = reported.district_id
            and asked.subject = reported.subject
        left join
            one_scale
            on learners.school_year = one_scale.school_year
            and learners.level = one_scale.level
            and learners.entity_id = one_scale.entity_id
            and learners.student_id = one_scale.student_id
            and asked.subject = one_scale.subject
        left join
            starts
            on one_scale.school_year = starts.school_year
            and one_scale.student_id = starts.student_id
            and one_scale.subject = starts.subject
            and one_scale.vertical_scale_id = starts.vertical_scale_id
    ),

    -- Nobody is due a test in a grade that is not tested.
    grades as (
        select
            school_year,
            subject,
            grade_place,
            count(*) as student_count,
            count(*) filter (where test_count > 0) as tested_count
        from measured
        where level = 'state' and is_reported
        group by school_year, subject, grade_place
    ),

    judged as (
        select
            measured.*,
            policy.policy_id,
            policy.days_in_a_year,
            policy.level_margin,
            case
                when not measured.is_reported
                then 'district_sent_no_scaled_tests'
                when measured.grade_place is null
                then 'grade_not_known'
                when measured.test_count = 0 and grades.tested_count < policy.tested_grade_share * grades.student_count
                then 'grade_not_tested'
                when measured.test_count = 0
                then 'no_scaled_test'
                when measured.n = 0
                then 'no_calendar'
                when measured.is_out_of_range
                then 'equivalent_out_of_range'
                when measured.sxx is null
                then 'one_test_only'
                when measured.span_days < policy.minimum_span_days
                then 'tests_too_close_together'
            end as exclusion
        from measured
        inner join
            policy
            on measured.level = policy.level
            and measured.school_year between policy.first_school_year and policy.last_school_year
        left join
            grades
            on measured.school_year = grades.school_year
            and measured.subject = grades.subject
            and measured.grade_place = grades.grade_place
    )

-- Per year and in grades: a slope per day in thousandths, times the days in a year, over 1000.
select
    policy_id,
    school_year,
    level,
    entity_id,
    subject,
    student_id,
    exclusion,
    exclusion is null
    or exclusion
    in ('no_scaled_test', 'equivalent_out_of_range', 'one_test_only', 'tests_too_close_together') as is_due,
    cast(sxy * days_in_a_year as decimal(18, 0)) as rate_numerator,
    cast(sxx * 1000 as decimal(18, 0)) as rate_denominator,
    cast(cast(sxy as double) * days_in_a_year / sxx / 1000 as decimal(18, 4)) as growth_rate,
    n = 2 as is_from_two_tests,
    cast(
        days_in_a_year
        / 1000.0
        * case
            when n > 2
            then sqrt(greatest(0, yy - xy * xy / xx) / (n - 2) / xx)
            when n = 2 and scored_count = 2 and ss > 0
            then sqrt(2) * 1000 * sum_of_errors / 2 * sqrt(yy / ss) / nullif(span_days, 0)
        end as decimal(18, 6)
    ) as growth_rate_error,
    case
        when scored_count = n then cast(cast(sxs as double) * days_in_a_year / sxx / 1000 as decimal(18, 4))
    end as scale_score_gain,
    case
        when distance_at_start < - level_margin
        then 'below'
        when distance_at_start > level_margin
        then 'above'
        when distance_at_start is not null
        then 'at'
    end as level_at_start,
    cast(expected_at_end - equivalent_at_end as decimal(18, 4)) as gap_at_end,
    cast(13 - expected_at_end as decimal(18, 4)) as years_to_grade_12
from judged
