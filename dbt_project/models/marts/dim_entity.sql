-- The state, its districts and its schools over all years, under the names of their latest year.
with
    districts as (
        select school_year, district_id, min(district_name) as district_name, min(city) as city
        from {{ ref("stg_district") }}
        group by school_year, district_id
    ),

    schools as (
        select school_year, school_id, district_id, school_name, city, lowest_grade, highest_grade
        from {{ ref("int_schools") }}
    ),

    years as (
        select level, entity_id, min(school_year) as first_school_year, max(school_year) as last_school_year
        from {{ ref("int_students_in_entities") }}
        group by level, entity_id
    ),

    latest_districts as (
        select district_id, district_name, city
        from districts
        qualify row_number() over (partition by district_id order by school_year desc) = 1
    ),

    latest_schools as (
        select school_id, district_id, school_name, city, lowest_grade, highest_grade
        from schools
        qualify row_number() over (partition by school_id order by school_year desc) = 1
    )

select
    years.level,
    years.entity_id,
    case
        years.level
        when 'state'
        then 'State'
        when 'district'
        then coalesce(own.district_name, concat('District ', years.entity_id))
        else coalesce(latest_schools.school_name, concat('School ', years.entity_id))
    end as entity_name,
    case when years.level = 'school' then latest_schools.district_id end as district_id,
    case when years.level = 'school' then parent.district_name end as district_name,
    case years.level when 'district' then own.city when 'school' then latest_schools.city end as city,
    case when years.level = 'school' then latest_schools.lowest_grade end as lowest_grade,
    case when years.level = 'school' then latest_schools.highest_grade end as highest_grade,
    years.first_school_year,
    years.last_school_year
from years
left join latest_districts as own on years.level = 'district' and years.entity_id = own.district_id
left join latest_schools on years.level = 'school' and years.entity_id = latest_schools.school_id
left join latest_districts as parent on latest_schools.district_id = parent.district_id
