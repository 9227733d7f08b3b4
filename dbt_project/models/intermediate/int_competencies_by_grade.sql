-- What each competency is to a student of each grade: earlier work, this year's or later, and whether this year's work
-- needs it first, at how many steps. What is itself work of the year is no prerequisite yet. The walk goes over the
-- framework alone, once for each grade, and ends in a circle because it takes no more steps than a framework can have.
with recursive
    competencies as (
        select school_year, framework_version, competency_id, subject, grade_place, nominal_months, is_essential
        from {{ ref("int_competencies") }}
    ),

    edges as (
        select school_year, framework_version, from_competency_id, to_competency_id
        from {{ ref("stg_competency_edge") }}
        where edge_type = 'precedes' and strength = 'hard'
    ),

    edges_in_force as (
        select versions.school_year, versions.framework_version, max(sent.school_year) as sent_school_year
        from (select distinct school_year, framework_version from competencies) as versions
        inner join
            (select distinct school_year, framework_version from edges) as sent
            on versions.framework_version = sent.framework_version
            and sent.school_year <= versions.school_year
        group by versions.school_year, versions.framework_version
    ),

    hard_edges as (
        select distinct
            edges_in_force.school_year, edges.framework_version, edges.from_competency_id, edges.to_competency_id
        from edges_in_force
        inner join
            edges
            on edges_in_force.framework_version = edges.framework_version
            and edges_in_force.sent_school_year = edges.school_year
    ),

    walk as (
        select school_year, framework_version, grade_place as student_grade_place, competency_id, 0 as steps
        from competencies
        union
        select
            walk.school_year,
            walk.framework_version,
            walk.student_grade_place,
            hard_edges.from_competency_id,
            walk.steps + 1
        from walk
        inner join
            hard_edges
            on walk.school_year = hard_edges.school_year
            and walk.framework_version = hard_edges.framework_version
            and walk.competency_id = hard_edges.to_competency_id
        where walk.steps < 50
    ),

    prerequisites as (
        select school_year, framework_version, student_grade_place, competency_id, min(steps) as steps
        from walk
        group by school_year, framework_version, student_grade_place, competency_id
        having min(steps) > 0
    ),

    grades as (select cast(sort_order as tinyint) as grade_place from {{ ref("code_grades") }})

select
    competencies.school_year,
    competencies.framework_version,
    competencies.subject,
    grades.grade_place as student_grade_place,
    competencies.competency_id,
    competencies.grade_place,
    competencies.nominal_months,
    competencies.is_essential,
    cast(prerequisites.steps as integer) as prerequisite_steps
from competencies
cross join grades
left join
    prerequisites
    on competencies.school_year = prerequisites.school_year
    and competencies.framework_version = prerequisites.framework_version
    and competencies.competency_id = prerequisites.competency_id
    and grades.grade_place = prerequisites.student_grade_place
