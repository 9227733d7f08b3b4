-- The competencies of each framework in force in a school year. A framework stays in force as it was last sent, so
-- that a
-- framework of next year changes nothing this year.
with
    competencies as (
        select
            school_year,
            district_id,
            framework_version,
            competency_id,
            course_subject,
            nominal_grade,
            nominal_months,
            is_essential,
            record_line
        from {{ ref("stg_competency") }}
        where framework_version is not null and competency_id is not null
    ),

    years as (select distinct school_year from {{ ref("stg_enrollment") }}),

    subjects as (select code, subject from {{ ref("code_course_subjects") }} where subject is not null),

    grades as (select code, sort_order from {{ ref("code_grades") }}),

    in_force as (
        select years.school_year, sent.framework_version, max(sent.school_year) as sent_school_year
        from years
        inner join
            (select distinct school_year, framework_version from competencies) as sent
            on sent.school_year <= years.school_year
        group by years.school_year, sent.framework_version
    ),

    once as (
        select *
        from competencies
        qualify
            row_number() over (
                partition by school_year, framework_version, competency_id order by district_id asc, record_line asc
            )
            = 1
    )

select
    in_force.school_year,
    in_force.framework_version,
    once.competency_id,
    subjects.subject,
    cast(grades.sort_order as tinyint) as grade_place,
    cast(once.nominal_months as decimal(9, 3)) as nominal_months,
    coalesce(once.is_essential, false) as is_essential
from in_force
inner join once on in_force.framework_version = once.framework_version and in_force.sent_school_year = once.school_year
inner join subjects on once.course_subject = subjects.code
inner join grades on once.nominal_grade = grades.code
where once.nominal_months > 0
