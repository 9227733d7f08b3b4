-- One counted result per student, subject and entity: the registrations of one student within an entity are combined
-- there, and the first by test form, performance level, score and date counts (the order of Tennessee's published
-- protocol). An end-of-course test stands for the test of the grade only where the policy says so. Tests in windows
-- that
-- only show growth within the year do not count here.
{%- set full_year = "coalesce(computed_years.is_full_academic_year, counted.is_declared_full_academic_year)" %}
with
    registrations as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            subject,
            grade_assessed,
            assessment_form,
            administration_date,
            participation_status,
            scale_score,
            performance_level,
            full_academic_year_school,
            full_academic_year_district,
            full_academic_year_state,
            record_line
        from {{ ref("stg_assessment") }}
        where
            student_id is not null
            and (
                test_window is null
                or test_window in (select code from {{ ref("code_test_windows") }} where is_summative)
            )
    ),

    subjects as (select code from {{ ref("code_subjects") }} where is_achievement_subject),

    forms as (select code, counted_first from {{ ref("code_assessment_forms") }}),

    participation as (select code, is_expected, is_participant from {{ ref("code_participation_statuses") }}),

    schools as (select school_year, school_id, district_id from {{ ref("int_schools") }}),

    policy as (
        select
            policy_id,
            first_school_year,
            last_school_year,
            end_of_course_from_grade,
            end_of_course_exception_subject,
            end_of_course_exception_grade,
            medical_exemption,
            recently_arrived_years,
            lowest_performance_level,
            highest_performance_level,
            lowest_scale_score,
            highest_scale_score
        from {{ ref("policy_assessment") }}
    ),

    grades as (select code, sort_order from {{ ref("code_grades") }}),

    enrolled_grades as (
        select
            enrollment.school_year, enrollment.student_id, enrollment.school_id, max(grades.sort_order) as grade_order
        from {{ ref("stg_enrollment") }} as enrollment
        inner join grades on enrollment.grade = grades.code
        group by enrollment.school_year, enrollment.student_id, enrollment.school_id
    ),

    recent_arrivals as (
        select student_id, min(school_year) as first_school_year
        from {{ ref("stg_student_status") }}
        where status = 'recently_arrived_english_learner'
        group by student_id
    ),

    english_language_tests as (
        select distinct assessment.school_year, assessment.student_id, true as took_english_language_test
        from {{ ref("stg_assessment") }} as assessment
        inner join participation on assessment.participation_status = participation.code
        where assessment.subject = 'ELP' and participation.is_participant
    ),

    computed_years as (
        select policy_id, school_year, population, level, entity_id, student_id, is_full_academic_year
        from {{ ref("int_student_entity_days") }}
        where full_academic_year_basis = 'computed'
    ),

    accountable_schools as (
        select school_year, student_id, school_id, min(accountable_school_id) as accountable_school_id
        from {{ ref("stg_enrollment") }}
        where accountable_school_id is not null
        group by school_year, student_id, school_id
    ),

    reported_by_district as (
        select school_year, district_id, bool_or(performance_level is not null) as reports_performance_levels
        from registrations
        group by school_year, district_id
    ),

    registered_more_than_once as (
        select school_year, student_id, subject
        from registrations
        group by school_year, student_id, subject
        having count(*) > 1
    ),

    described as (
        select
            policy.policy_id,
            registrations.school_year,
            registrations.district_id,
            registrations.school_id,
            registrations.student_id,
            registrations.subject,
            registrations.grade_assessed,
            registrations.administration_date,
            registrations.record_line,
            registered_more_than_once.student_id is not null as is_registered_more_than_once,
            coalesce(registrations.assessment_form, 'regular') as assessment_form,
            coalesce(forms.counted_first, 3) as counted_first,
            participation.is_expected or policy.medical_exemption = 'expected' as is_expected,
            participation.is_participant as took_a_test,
            case
                when
                    registrations.scale_score
                    between coalesce(policy.lowest_scale_score, registrations.scale_score) and coalesce(
                        policy.highest_scale_score, registrations.scale_score
                    )
                then registrations.scale_score
            end as score_of_test,
            case
                when
                    registrations.performance_level
                    between coalesce(policy.lowest_performance_level, registrations.performance_level) and coalesce(
                        policy.highest_performance_level, registrations.performance_level
                    )
                then registrations.performance_level
            end as level_of_test,
            reported_by_district.reports_performance_levels,
            coalesce(
                registrations.school_year - recent_arrivals.first_school_year < policy.recently_arrived_years, false
            ) as is_recently_arrived,
            coalesce(english_language_tests.took_english_language_test, false) as took_english_language_test,
            coalesce(accountable_schools.accountable_school_id, registrations.school_id) as accountable_school_id,
            coalesce(schools.district_id, registrations.district_id) as accountable_district_id,
            registrations.full_academic_year_school,
            registrations.full_academic_year_district,
            registrations.full_academic_year_state,
            coalesce(
                registrations.assessment_form <> 'end_of_course'
                or enrolled_grades.grade_order >= first_grade.sort_order
                or (
                    registrations.subject = policy.end_of_course_exception_subject
                    and enrolled_grades.grade_order = exception_grade.sort_order
                ),
                true
            ) as is_assigned_test
        from registrations
        inner join subjects on registrations.subject = subjects.code
        inner join participation on registrations.participation_status = participation.code
        inner join policy on registrations.school_year between policy.first_school_year and policy.last_school_year
        inner join
            reported_by_district
            on registrations.school_year = reported_by_district.school_year
            and registrations.district_id = reported_by_district.district_id
        left join grades as first_grade on policy.end_of_course_from_grade = first_grade.code
        left join grades as exception_grade on policy.end_of_course_exception_grade = exception_grade.code
        left join
            enrolled_grades
            on registrations.school_year = enrolled_grades.school_year
            and registrations.student_id = enrolled_grades.student_id
            and registrations.school_id = enrolled_grades.school_id
        left join forms on registrations.assessment_form = forms.code
        left join recent_arrivals on registrations.student_id = recent_arrivals.student_id
        left join
            english_language_tests
            on registrations.school_year = english_language_tests.school_year
            and registrations.student_id = english_language_tests.student_id
        left join
            registered_more_than_once
            on registrations.school_year = registered_more_than_once.school_year
            and registrations.student_id = registered_more_than_once.student_id
            and registrations.subject = registered_more_than_once.subject
        left join
            accountable_schools
            on registrations.school_year = accountable_schools.school_year
            and registrations.student_id = accountable_schools.student_id
            and registrations.school_id = accountable_schools.school_id
        left join
            schools
            on accountable_schools.school_year = schools.school_year
            and accountable_schools.accountable_school_id = schools.school_id
    ),

    judged as (
        select
            *,
            took_a_test and is_assigned_test as is_participant,
            case when is_assigned_test then score_of_test end as scale_score,
            case when is_assigned_test then level_of_test end as performance_level
        from described
    ),

    placed as (
        select
            'reporting' as population,
            'school' as level,
            school_id as entity_id,
            full_academic_year_school as is_declared_full_academic_year,
            *
        from judged
        where school_id is not null
        union all
        select 'reporting', 'district', district_id, full_academic_year_district, *
        from judged
        union all
        select 'reporting', 'state', 'state', full_academic_year_state, *
        from judged
        union all
        select 'accountability', 'school', accountable_school_id, full_academic_year_school, *
        from judged
        where accountable_school_id is not null
        union all
        select 'accountability', 'district', accountable_district_id, full_academic_year_district, *
        from judged
        union all
        select 'accountability', 'state', 'state', full_academic_year_state, *
        from judged
    ),

    -- Very few students are registered more than once; only they are ranked.
    ranked as (
        select
            *,
            bool_or(is_declared_full_academic_year) over (
                partition by policy_id, school_year, population, level, entity_id, student_id, subject
            ) as is_declared_here,
            row_number() over (
                partition by policy_id, school_year, population, level, entity_id, student_id, subject
                order by
                    is_participant desc,
                    counted_first asc,
                    performance_level desc nulls last,
                    scale_score desc nulls last,
                    administration_date desc nulls last,
                    district_id asc,
                    school_id asc,
                    record_line asc
            ) as choice
        from placed
        where is_registered_more_than_once
    ),

    counted as (
        select
            policy_id,
            school_year,
            population,
            level,
            entity_id,
            student_id,
            subject,
            grade_assessed,
            assessment_form,
            is_expected,
            is_participant,
            scale_score,
            performance_level,
            reports_performance_levels,
            is_recently_arrived,
            took_english_language_test,
            is_declared_full_academic_year
        from placed
        where not is_registered_more_than_once
        union all
        select
            policy_id,
            school_year,
            population,
            level,
            entity_id,
            student_id,
            subject,
            grade_assessed,
            assessment_form,
            is_expected,
            is_participant,
            scale_score,
            performance_level,
            reports_performance_levels,
            is_recently_arrived,
            took_english_language_test,
            is_declared_here
        from ranked
        where choice = 1
    ),

    with_reasons as (
        select
            counted.policy_id,
            counted.school_year,
            counted.population,
            counted.level,
            counted.entity_id,
            counted.student_id,
            counted.subject,
            counted.grade_assessed,
            counted.assessment_form,
            counted.is_expected,
            counted.is_participant,
            counted.scale_score,
            counted.performance_level,
            counted.reports_performance_levels,
            counted.is_recently_arrived,
            counted.took_english_language_test,
            {{ full_year }} as is_full_academic_year,
            case
                when computed_years.is_full_academic_year is not null
                then 'computed'
                when counted.is_declared_full_academic_year is not null
                then 'declared'
            end as full_academic_year_basis,
            case
                when not counted.is_expected
                then 'medical_emergency'
                when counted.population = 'accountability' and counted.is_recently_arrived
                then 'recently_arrived_english_learner'
                when counted.population = 'accountability' and {{ full_year }} is null
                then 'full_academic_year_unknown'
                when counted.population = 'accountability' and not {{ full_year }}
                then 'not_enrolled_for_the_full_academic_year'
            end as exclusion
        from counted
        left join
            computed_years
            on counted.policy_id = computed_years.policy_id
            and counted.school_year = computed_years.school_year
            and counted.population = computed_years.population
            and counted.level = computed_years.level
            and counted.entity_id = computed_years.entity_id
            and counted.student_id = computed_years.student_id
    )

select
    policy_id,
    school_year,
    population,
    level,
    entity_id,
    student_id,
    subject,
    grade_assessed,
    assessment_form,
    is_expected,
    is_participant,
    scale_score,
    performance_level,
    reports_performance_levels,
    is_recently_arrived,
    took_english_language_test,
    is_full_academic_year,
    full_academic_year_basis,
    exclusion,
    case
        when not reports_performance_levels
        then 'performance_levels_not_reported'
        when exclusion is not null
        then exclusion
        when not is_participant
        then 'not_tested'
        when performance_level is null
        then 'no_valid_result'
    end as exclusion_from_levels
from with_reasons
