-- The subjects in which a district sent decisions about mastery in a school year. Where it sent none, nothing is
-- known of
-- its students; that differs from students who have mastered nothing.
with
    decisions as (
        select distinct school_year, district_id, framework_version, competency_id from {{ ref("stg_determination") }}
    ),

    competencies as (select school_year, framework_version, competency_id, subject from {{ ref("int_competencies") }})

select distinct decisions.school_year, decisions.district_id, competencies.subject
from decisions
inner join
    competencies
    on decisions.school_year = competencies.school_year
    and decisions.framework_version = competencies.framework_version
    and decisions.competency_id = competencies.competency_id
