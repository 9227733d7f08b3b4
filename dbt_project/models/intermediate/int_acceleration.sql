-- Whether a student had a place in acceleration or enrichment, in each school, district and the state where the student
-- was. The
-- home school is the one of the most days there; it offers acceleration when anyone in it has such a section.
with
    days as (
        select policy_id, school_year, level, entity_id, student_id, days_enrolled
        from {{ ref("int_student_entity_days") }}
        where population = 'reporting'
    ),

    stays as (
        select policy_id, school_year, district_id, school_id, student_id, coalesce(days_enrolled, 0) as days_enrolled
        from {{ ref("int_student_school_days") }}
    ),

    policy as (
        select
            policy_id,
            level,
            first_school_year,
            last_school_year,
            minimum_level_order,
            counted_programs,
            minimum_days,
            minimum_days_boundary
        from {{ ref("policy_acceleration_access") }}
    ),

    course_levels as (select code, level_order from {{ ref("code_course_levels") }}),

    outcomes as (select code, earns_credit from {{ ref("code_course_outcomes") }}),

    sections as (
        select school_year, district_id, school_id, section_id, course_level, section_program
        from {{ ref("stg_course_section") }}
    ),

    seats as (
        select school_year, district_id, student_id, section_id, course_outcome from {{ ref("stg_section_enrollment") }}
    ),

    reporting_districts as (select distinct school_year, district_id from seats),

    qualifying_sections as (
        select distinct
            policy.policy_id, sections.school_year, sections.district_id, sections.school_id, sections.section_id
        from sections
        left join course_levels on sections.course_level = course_levels.code
        inner join
            policy
            on policy.level = 'school'
            and sections.school_year between policy.first_school_year and policy.last_school_year
            and (
                course_levels.level_order >= policy.minimum_level_order
                or position(concat('|', sections.section_program, '|') in concat('|', policy.counted_programs, '|')) > 0
            )
    ),

    qualifying_seats as (
        select
            qualifying_sections.policy_id,
            seats.school_year,
            seats.district_id,
            qualifying_sections.school_id,
            seats.student_id,
            seats.course_outcome,
            outcomes.earns_credit
        from seats
        inner join qualifying_sections using (school_year, district_id, section_id)
        left join outcomes on seats.course_outcome = outcomes.code
    ),

    offering_schools as (select distinct policy_id, school_year, school_id from qualifying_seats),

    places as (
        select
            policy_id,
            school_year,
            case
                when grouping(school_id) = 0 then 'school' when grouping(district_id) = 0 then 'district' else 'state'
            end as level,
            coalesce(school_id, district_id, 'state') as entity_id,
            student_id,
            bool_or(course_outcome is not null and course_outcome not in ('in_progress', 'incomplete')) as is_ended,
            bool_or(coalesce(earns_credit, false) or course_outcome = 'failed') as is_completed,
            bool_or(coalesce(earns_credit, false)) as is_passed
        from qualifying_seats
        group by
            grouping sets (
                (policy_id, school_year, student_id, school_id),
                (policy_id, school_year, student_id, district_id),
                (policy_id, school_year, student_id)
            )
    ),

    homes as (
        select
            policy_id,
            school_year,
            case
                when grouping(entity_school_id) = 0
                then 'school'
                when grouping(entity_district_id) = 0
                then 'district'
                else 'state'
            end as level,
            coalesce(entity_school_id, entity_district_id, 'state') as entity_id,
            student_id,
            arg_max(school_id, concat(lpad(cast(days_enrolled as varchar), 12, '0'), school_id)) as home_school_id,
            arg_max(district_id, concat(lpad(cast(days_enrolled as varchar), 12, '0'), school_id)) as home_district_id
        from (select *, school_id as entity_school_id, district_id as entity_district_id from stays) as placed
        group by
            grouping sets (
                (policy_id, school_year, student_id, entity_school_id),
                (policy_id, school_year, student_id, entity_district_id),
                (policy_id, school_year, student_id)
            )
    )

select
    days.policy_id,
    days.school_year,
    days.level,
    days.entity_id,
    days.student_id,
    homes.home_school_id,
    offering_schools.school_id is not null as is_offered,
    places.student_id is not null as has_place,
    coalesce(places.is_ended, false) as has_ended,
    coalesce(places.is_completed, false) as has_completed,
    coalesce(places.is_passed, false) as has_passed,
    case
        when reporting_districts.district_id is null
        then 'district_sent_no_sections'
        when days.days_enrolled is null
        then 'no_calendar'
        when policy.minimum_days_boundary = 'at_least' and days.days_enrolled < policy.minimum_days
        then 'enrolled_fewer_than_minimum_days'
        when policy.minimum_days_boundary = 'more_than' and days.days_enrolled <= policy.minimum_days
        then 'enrolled_fewer_than_minimum_days'
    end as exclusion
from days
inner join homes using (policy_id, school_year, level, entity_id, student_id)
left join places using (policy_id, school_year, level, entity_id, student_id)
inner join
    policy
    on days.policy_id = policy.policy_id
    and days.level = policy.level
    and days.school_year between policy.first_school_year and policy.last_school_year
left join
    reporting_districts
    on days.school_year = reporting_districts.school_year
    and homes.home_district_id = reporting_districts.district_id
left join
    offering_schools
    on days.policy_id = offering_schools.policy_id
    and days.school_year = offering_schools.school_year
    and homes.home_school_id = offering_schools.school_id
