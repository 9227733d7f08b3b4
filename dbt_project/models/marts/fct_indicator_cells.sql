-- Every cell that should hold a number, with the reason to give where it holds none. So a missing number is a row,
-- not a gap. A reason that has nothing to do with groups, that a question does not apply here or was nowhere
-- collected, stands once, in the row of all students. A comparison with all others does not apply to all students. A
-- group that only holds whom the others leave has cells where there is somebody.
{{ config(sql_header="reset threads;") }}
with
    computed as (
        select indicator, policy_id, school_year, level, entity_id, population, subject, measure
        from {{ ref("fct_indicator_sums") }}
        union all
        select indicator, policy_id, school_year, level, entity_id, population, subject, measure
        from {{ ref("fct_indicator_estimates") }}
    ),

    measures as (
        select
            indicator,
            measure,
            statistic,
            use_class,
            is_by_unit,
            is_comparison,
            populations,
            subjects,
            levels,
            grades,
            is_by_grade
        from {{ ref("dim_measure") }}
    ),

    populations as (select code as population from {{ ref("code_populations") }}),

    subjects as (select code as subject from {{ ref("code_reported_subjects") }}),

    student_groups as (
        select code as student_group, group_kind = 'all' as is_everyone, is_unspecified
        from {{ ref("code_student_groups") }}
    ),

    reported_groups as (
        select policy_id, indicator, student_group, first_school_year, last_school_year
        from {{ ref("policy_reported_groups") }}
    ),

    entity_grades as (select school_year, level, entity_id, grade from {{ ref("int_entity_grades") }}),

    students as (select school_year, level, entity_id, student_id from {{ ref("int_students_in_entities") }}),

    group_sets as (select policy_id, school_year, student_id, group_set from {{ ref("int_student_group_sets") }}),

    group_set_members as (select group_set, student_group from {{ ref("int_group_set_members") }}),

    students_by_set as (
        select policy_id, school_year, level, entity_id, group_set, count(*) as member_count
        from students
        inner join group_sets using (school_year, student_id)
        group by policy_id, school_year, level, entity_id, group_set
    ),

    enrolled as (
        select policy_id, school_year, level, entity_id, student_group, sum(member_count) as member_count
        from students_by_set
        inner join group_set_members using (group_set)
        group by policy_id, school_year, level, entity_id, student_group
    ),

    -- Who is counted and not enrolled is a member of a graduation cohort, or answered a survey under a pseudonym.
    present as (
        select policy_id, school_year, level, entity_id, student_group
        from enrolled
        union all
        select policy_id, school_year, level, entity_id, student_group
        from {{ ref("fct_indicator_sums") }}
        union all
        select policy_id, school_year, level, entity_id, student_group
        from {{ ref("fct_indicator_estimates") }}
    ),

    unspecified as (
        select distinct policy_id, school_year, level, entity_id, student_group, true as has_unspecified
        from present
        where student_group in (select student_group from student_groups where is_unspecified)
    ),

    -- A group that no district of the state reported in a year was not collected; that differs from having no members
    -- here.
    collected_groups as (
        select policy_id, school_year, student_group, true as is_group_collected from enrolled where level = 'state'
    ),

    computed_anywhere as (
        select distinct indicator, policy_id, school_year, population, subject, measure, true as is_computed_anywhere
        from computed
    ),

    computed_here as (
        select distinct
            indicator, policy_id, school_year, level, entity_id, population, subject, measure, true as is_computed_here
        from computed
    ),

    -- An indicator that asks about certain grades does not apply where none of them is taught.
    applicable as (
        select distinct measures.indicator, school_year, level, entity_id, true as is_applicable
        from measures
        inner join
            entity_grades
            on measures.grades = ''
            or position(concat('|', entity_grades.grade, '|') in concat('|', measures.grades, '|')) > 0
    ),

    entities as (select distinct policy_id, school_year, level, entity_id from enrolled),

    -- Some groups are reported for some indicators only. A policy says so, for each year.
    asked_groups as (
        select distinct
            years.policy_id, years.school_year, measures.indicator, student_group, is_everyone, is_unspecified
        from (select distinct policy_id, school_year from entities) as years
        inner join
            reported_groups
            on years.policy_id = reported_groups.policy_id
            and years.school_year between reported_groups.first_school_year and reported_groups.last_school_year
        inner join measures on reported_groups.indicator is null or reported_groups.indicator = measures.indicator
        inner join student_groups using (student_group)
    ),

    entity_spans as (
        select policy_id, school_year, level, entity_id, false as is_by_grade, 'all' as grade_span
        from entities
        union all
        select policy_id, school_year, level, entity_id, true as is_by_grade, grade as grade_span
        from entities
        inner join entity_grades using (school_year, level, entity_id)
    ),

    questions as (
        select measures.*, population, subject
        from measures
        inner join populations on position(concat('|', population, '|') in concat('|', populations, '|')) > 0
        inner join subjects on position(concat('|', subject, '|') in concat('|', subjects, '|')) > 0
    )

select
    school_year,
    level,
    entity_id,
    indicator,
    policy_id,
    population,
    student_group,
    grade_span,
    subject,
    measure,
    statistic,
    use_class,
    is_by_unit,
    case
        when is_applicable is null and is_computed_here is null
        then 'not_applicable'
        when is_computed_anywhere is null or is_group_collected is null
        then 'not_collected'
        when is_comparison and is_everyone
        then 'not_applicable'
        when member_count is null
        then 'no_students'
        when is_computed_here is null
        then 'not_reported'
        else 'no_students'
    end as status_without_number
from entity_spans
inner join
    questions
    on entity_spans.is_by_grade = questions.is_by_grade
    and position(concat('|', entity_spans.level, '|') in concat('|', questions.levels, '|')) > 0
inner join asked_groups using (policy_id, school_year, indicator)
left join applicable using (indicator, school_year, level, entity_id)
left join computed_anywhere using (indicator, policy_id, school_year, population, subject, measure)
left join computed_here using (indicator, policy_id, school_year, level, entity_id, population, subject, measure)
left join collected_groups using (policy_id, school_year, student_group)
left join enrolled using (policy_id, school_year, level, entity_id, student_group)
left join unspecified using (policy_id, school_year, level, entity_id, student_group)
where
    (is_everyone or is_computed_here or (is_applicable and is_computed_anywhere))
    and (has_unspecified or not is_unspecified)
