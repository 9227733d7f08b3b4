-- One counted result per student, subject and entity: the registrations of one student within an entity are combined
-- there, and then the
-- first by test form, performance level, score and date counts (the order of Tennessee's published protocol).
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
    ),

    subjects as (select code from {{ ref("code_subjects") }} where is_achievement_subject),

    forms as (select code, counted_first from {{ ref("code_assessment_forms") }}),

    participation as (select code, is_expected, is_participant from {{ ref("code_participation_statuses") }}),

    schools as (select school_year, school_id, district_id from {{ ref("int_schools") }}),

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
            registrations.*,
            registered_more_than_once.student_id is not null as is_registered_more_than_once,
            participation.is_expected,
            participation.is_participant,
            coalesce(forms.counted_first, 3) as counted_first,
            reported_by_district.reports_performance_levels,
            coalesce(accountable_schools.accountable_school_id, registrations.school_id) as accountable_school_id,
            coalesce(schools.district_id, registrations.district_id) as accountable_district_id
        from registrations
        inner join subjects on registrations.subject = subjects.code
        inner join participation on registrations.participation_status = participation.code
        inner join
            reported_by_district
            on registrations.school_year = reported_by_district.school_year
            and registrations.district_id = reported_by_district.district_id
        left join forms on registrations.assessment_form = forms.code
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

    placed as (
        select
            'reporting' as population,
            'school' as level,
            school_id as entity_id,
            full_academic_year_school as is_full_academic_year,
            *
        from described
        union all
        select 'reporting', 'district', district_id, full_academic_year_district, *
        from described
        union all
        select 'reporting', 'state', 'state', full_academic_year_state, *
        from described
        union all
        select 'accountability', 'school', accountable_school_id, full_academic_year_school, *
        from described
        union all
        select 'accountability', 'district', accountable_district_id, full_academic_year_district, *
        from described
        union all
        select 'accountability', 'state', 'state', full_academic_year_state, *
        from described
    ),

    -- Very few students are registered more than once; only they are ranked.
    ranked as (
        select
            *,
            bool_or(is_full_academic_year) over (
                partition by school_year, population, level, entity_id, student_id, subject
            ) as is_full_academic_year_here,
            row_number() over (
                partition by school_year, population, level, entity_id, student_id, subject
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
            school_year,
            population,
            level,
            entity_id,
            student_id,
            subject,
            grade_assessed,
            is_expected,
            is_participant,
            scale_score,
            performance_level,
            reports_performance_levels,
            is_full_academic_year
        from placed
        where not is_registered_more_than_once
        union all
        select
            school_year,
            population,
            level,
            entity_id,
            student_id,
            subject,
            grade_assessed,
            is_expected,
            is_participant,
            scale_score,
            performance_level,
            reports_performance_levels,
            is_full_academic_year_here
        from ranked
        where choice = 1
    )

select
    school_year,
    population,
    level,
    entity_id,
    student_id,
    subject,
    grade_assessed,
    is_expected,
    is_participant,
    scale_score,
    performance_level,
    reports_performance_levels,
    is_full_academic_year,
    case when is_full_academic_year is not null then 'declared' end as full_academic_year_basis
from counted
