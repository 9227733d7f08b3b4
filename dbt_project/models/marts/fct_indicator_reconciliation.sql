-- Where every enrolled student went, for every indicator and entity: counted, or kept out by which rule. It adds up to
-- enrollment.
-- Students who are judged though they are not enrolled this year (a graduation cohort has such) stand apart.
with
    judged as (
        {% for indicator in table_of_contents() %}
            {{ reconcile(indicator) }} {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    placed as (
        select
            judged.indicator,
            judged.policy_id,
            judged.school_year,
            judged.level,
            judged.entity_id,
            judged.population,
            judged.subject,
            judged.outcome,
            students.student_id is not null as is_enrolled,
            count(*) as student_count
        from judged
        left join
            {{ ref("int_students_in_entities") }} as students
            on judged.school_year = students.school_year
            and judged.level = students.level
            and judged.entity_id = students.entity_id
            and judged.student_id = students.student_id
        group by all
    ),

    indicators as (select indicator, without_record from {{ ref("dim_indicator") }}),

    enrolled as (
        select school_year, level, entity_id, count(*) as enrolled_count
        from {{ ref("int_students_in_entities") }}
        group by school_year, level, entity_id
    ),

    questions as (select distinct indicator, policy_id, school_year, population, subject from placed),

    entities as (
        select questions.*, enrolled.level, enrolled.entity_id, enrolled.enrolled_count
        from questions
        inner join enrolled on questions.school_year = enrolled.school_year
    ),

    found as (
        select
            indicator, policy_id, school_year, level, entity_id, population, subject, sum(student_count) as found_count
        from placed
        where is_enrolled
        group by indicator, policy_id, school_year, level, entity_id, population, subject
    ),

    without_record as (
        select
            entities.indicator,
            entities.policy_id,
            entities.school_year,
            entities.level,
            entities.entity_id,
            entities.population,
            entities.subject,
            indicators.without_record as outcome,
            true as is_enrolled,
            entities.enrolled_count - coalesce(found.found_count, 0) as student_count
        from entities
        inner join indicators on entities.indicator = indicators.indicator
        left join
            found
            on entities.indicator = found.indicator
            and entities.policy_id = found.policy_id
            and entities.school_year = found.school_year
            and entities.level = found.level
            and entities.entity_id = found.entity_id
            and entities.population = found.population
            and entities.subject = found.subject
    )

select indicator, policy_id, school_year, level, entity_id, population, subject, outcome, is_enrolled, student_count
from placed
union all
select indicator, policy_id, school_year, level, entity_id, population, subject, outcome, is_enrolled, student_count
from without_record
where student_count <> 0
