-- What was known, on the day when a student began a year's work, of what that work needs first; and whether support
-- that
-- targets one of the gaps followed within the days of the policy.
with
    begun as (
        select school_year, student_id, district_id, school_id, subject, grade_place, kind, begun_date
        from {{ ref("int_advancements") }}
    ),

    histories as (
        select student_id, framework_version, competency_id, opened_date, opened_by, mastered_date
        from {{ ref("int_mastery_histories") }}
    ),

    frameworks as (select school_year, subject, framework_version from {{ ref("int_frameworks") }}),

    own_frameworks as (
        select school_year, subject, student_id, framework_version from {{ ref("int_student_frameworks") }}
    ),

    prerequisites as (
        select
            school_year,
            framework_version,
            subject,
            student_grade_place as grade_place,
            competency_id,
            nominal_months,
            is_essential,
            prerequisite_steps
        from {{ ref("int_competencies_by_grade") }}
        where prerequisite_steps is not null
    ),

    needed as (
        select school_year, framework_version, subject, grade_place, sum(nominal_months) as prerequisite_months
        from prerequisites
        group by school_year, framework_version, subject, grade_place
    ),

    support as (
        select student_id, target_competency_id as competency_id, framework_version, service_date
        from {{ ref("stg_support_service") }}
        where target_competency_id is not null and minutes > 0
    ),

    measured_on as (
        select begun.*, coalesce(own_frameworks.framework_version, frameworks.framework_version) as framework_version
        from begun
        inner join frameworks on begun.school_year = frameworks.school_year and begun.subject = frameworks.subject
        left join
            own_frameworks
            on begun.school_year = own_frameworks.school_year
            and begun.subject = own_frameworks.subject
            and begun.student_id = own_frameworks.student_id
    ),

    known as (
        select
            measured_on.school_year,
            measured_on.student_id,
            measured_on.subject,
            measured_on.grade_place,
            measured_on.kind,
            measured_on.begun_date,
            measured_on.framework_version,
            prerequisites.competency_id,
            prerequisites.nominal_months,
            prerequisites.is_essential,
            prerequisites.prerequisite_steps,
            histories.opened_by = 'assessed' as is_first_opening,
            histories.mastered_date is null or histories.mastered_date > measured_on.begun_date as is_open
        from measured_on
        inner join
            histories
            on measured_on.student_id = histories.student_id
            and measured_on.framework_version = histories.framework_version
            and histories.opened_date <= measured_on.begun_date
        inner join
            prerequisites
            on measured_on.school_year = prerequisites.school_year
            and measured_on.framework_version = prerequisites.framework_version
            and measured_on.subject = prerequisites.subject
            and measured_on.grade_place = prerequisites.grade_place
            and histories.competency_id = prerequisites.competency_id
    ),

    summed as (
        select
            school_year,
            student_id,
            subject,
            grade_place,
            kind,
            sum(nominal_months) filter (where is_first_opening) as assessed_months,
            sum(nominal_months) filter (where is_open) as known_gap_months,
            count(*) filter (where is_open and is_essential) as essential_gap_count,
            count(*) filter (where is_open and prerequisite_steps = 1) as direct_gap_count
        from known
        group by school_year, student_id, subject, grade_place, kind
    ),

    supported as (
        select
            known.school_year,
            known.student_id,
            known.subject,
            known.grade_place,
            known.kind,
            min(datediff('day', known.begun_date, support.service_date)) as days_to_support
        from known
        inner join
            support
            on known.student_id = support.student_id
            and known.competency_id = support.competency_id
            and known.framework_version = support.framework_version
            and support.service_date >= known.begun_date
        where known.is_open
        group by known.school_year, known.student_id, known.subject, known.grade_place, known.kind
    )

select
    measured_on.school_year,
    measured_on.student_id,
    measured_on.district_id,
    measured_on.school_id,
    measured_on.subject,
    measured_on.grade_place,
    measured_on.kind,
    cast(coalesce(needed.prerequisite_months, 0) as decimal(18, 3)) as prerequisite_months,
    cast(coalesce(summed.assessed_months, 0) as decimal(18, 3)) as assessed_months,
    cast(coalesce(summed.known_gap_months, 0) as decimal(18, 3)) as known_gap_months,
    coalesce(summed.essential_gap_count, 0) as essential_gap_count,
    coalesce(summed.direct_gap_count, 0) as direct_gap_count,
    supported.days_to_support
from measured_on
left join needed using (school_year, framework_version, subject, grade_place)
left join summed using (school_year, student_id, subject, grade_place, kind)
left join supported using (school_year, student_id, subject, grade_place, kind)
