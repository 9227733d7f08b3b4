-- Each time that a known gap in what the year's work needs first stood open while a student was there: from when to
-- when,
-- and how it opened. A gap that was open before the first day and that this year's framework asks for no more is
-- retired.
with
    windows as (
        select distinct school_year, student_id, grade_place, first_date, last_date
        from {{ ref("int_learners") }}
        where grade_place is not null
    ),

    histories as (
        select student_id, framework_version, competency_id, opened_date, opened_by, mastered_date
        from {{ ref("int_mastery_histories") }}
        where mastered_date is null or mastered_date > opened_date
    ),

    frameworks as (select school_year, subject, framework_version from {{ ref("int_frameworks") }}),

    own_frameworks as (
        select school_year, subject, student_id, framework_version from {{ ref("int_student_frameworks") }}
    ),

    prerequisites as (
        select school_year, framework_version, subject, student_grade_place, competency_id, prerequisite_steps
        from {{ ref("int_competencies_by_grade") }}
        where prerequisite_steps is not null
    ),

    contested as (
        select school_year, subject
        from own_frameworks
        union
        select school_year + 1, subject
        from own_frameworks
        union
        select this_year.school_year, this_year.subject
        from frameworks as this_year
        inner join
            frameworks as last_year
            on this_year.school_year = last_year.school_year + 1
            and this_year.subject = last_year.subject
            and this_year.framework_version <> last_year.framework_version
    ),

    -- What the framework of the year before asked of the grade, where this year's may not.
    dropped as (
        select
            before.school_year + 1 as school_year,
            before.framework_version,
            before.subject,
            before.student_grade_place,
            before.competency_id,
            before.prerequisite_steps,
            this_year.competency_id is null as is_gone
        from prerequisites as before
        left join
            prerequisites as this_year
            on before.school_year + 1 = this_year.school_year
            and before.framework_version = this_year.framework_version
            and before.subject = this_year.subject
            and before.student_grade_place = this_year.student_grade_place
            and before.competency_id = this_year.competency_id
        left join contested on before.school_year + 1 = contested.school_year and before.subject = contested.subject
        where this_year.competency_id is null or contested.subject is not null
    ),

    asked_for as (
        select
            school_year,
            framework_version,
            subject,
            student_grade_place,
            competency_id,
            prerequisite_steps,
            0 as years_ago,
            false as is_gone
        from prerequisites
        union all
        select
            school_year,
            framework_version,
            subject,
            student_grade_place,
            competency_id,
            prerequisite_steps,
            1 as years_ago,
            is_gone
        from dropped
    ),

    found as (
        select
            windows.school_year,
            windows.student_id,
            windows.grade_place,
            windows.first_date,
            windows.last_date,
            asked_for.subject,
            asked_for.competency_id,
            asked_for.prerequisite_steps,
            asked_for.years_ago,
            histories.opened_date,
            histories.opened_by,
            histories.mastered_date,
            histories.framework_version = coalesce(own.framework_version, frameworks.framework_version) as is_own,
            histories.framework_version
            = coalesce(own_before.framework_version, frameworks_before.framework_version) as was_own,
            asked_for.is_gone
        from windows
        inner join histories on windows.student_id = histories.student_id
        inner join
            asked_for
            on windows.school_year = asked_for.school_year
            and windows.grade_place = asked_for.student_grade_place
            and histories.framework_version = asked_for.framework_version
            and histories.competency_id = asked_for.competency_id
        inner join
            frameworks on asked_for.school_year = frameworks.school_year and asked_for.subject = frameworks.subject
        left join
            own_frameworks as own
            on windows.school_year = own.school_year
            and windows.student_id = own.student_id
            and asked_for.subject = own.subject
        left join
            frameworks as frameworks_before
            on asked_for.school_year = frameworks_before.school_year + 1
            and asked_for.subject = frameworks_before.subject
        left join
            own_frameworks as own_before
            on windows.school_year = own_before.school_year + 1
            and windows.student_id = own_before.student_id
            and asked_for.subject = own_before.subject
        where
            histories.opened_date <= windows.last_date
            and (histories.mastered_date is null or histories.mastered_date >= windows.first_date)
    )

select
    school_year,
    student_id,
    grade_place,
    first_date,
    last_date,
    subject,
    competency_id,
    prerequisite_steps,
    opened_date,
    opened_by,
    case when years_ago = 0 and mastered_date <= last_date then mastered_date end as closed_date,
    years_ago = 1 as is_retired
from found
where
    (years_ago = 0 and is_own)
    or (
        years_ago = 1
        and was_own
        and (is_gone or not is_own)
        and opened_date < first_date
        and first_date = make_date(school_year - 1, 7, 1)
    )
