-- Numbers that schools had before, each with the school that goes on: it was renumbered, or another was merged into it.
with
    schools as (
        select school_year, school_id, prior_school_id
        from {{ ref("int_schools") }}
        where prior_school_id is not null and number_changed_date is not null
    ),

    entities as (select level, entity_id from {{ ref("dim_entity") }} where level = 'school')

select
    entities.level, schools.prior_school_id as earlier_id, entities.entity_id, min(schools.school_year) as school_year
from schools
inner join entities on schools.school_id = entities.entity_id
where schools.prior_school_id != entities.entity_id
group by entities.level, schools.prior_school_id, entities.entity_id
