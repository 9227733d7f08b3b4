-- Where a subject has several frameworks in force: the one in which a student was judged most often in the school year.
with
    competencies as (select school_year, subject, framework_version, competency_id from {{ ref("int_competencies") }}),

    contested as (
        select school_year, subject
        from competencies
        group by school_year, subject
        having count(distinct framework_version) > 1
    ),

    contested_competencies as (
        select competencies.school_year, competencies.subject, framework_version, competency_id
        from competencies
        inner join
            contested on competencies.school_year = contested.school_year and competencies.subject = contested.subject
    ),

    decisions as (
        select school_year, student_id, framework_version, competency_id
        from {{ ref("stg_determination") }}
        where student_id is not null
    ),

    counted as (
        select
            contested_competencies.school_year,
            contested_competencies.subject,
            decisions.student_id,
            decisions.framework_version,
            count(*) as decision_count
        from decisions
        inner join
            contested_competencies
            on decisions.school_year = contested_competencies.school_year
            and decisions.framework_version = contested_competencies.framework_version
            and decisions.competency_id = contested_competencies.competency_id
        group by all
    )

select school_year, subject, student_id, framework_version
from counted
qualify
    row_number() over (
        partition by school_year, subject, student_id order by decision_count desc, framework_version desc
    )
    = 1
