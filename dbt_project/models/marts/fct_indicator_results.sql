-- Every indicator for every entity, group and population, as a number or as the reason why there is none. Never
-- leaves the building.
with
    sums as (
        select
            indicator,
            policy_id,
            school_year,
            level,
            entity_id,
            population,
            subject,
            grade_span,
            measure,
            student_group,
            student_count,
            numerator,
            denominator,
            expected,
            cluster_count,
            cluster_numerator_squares,
            cluster_products,
            cluster_denominator_squares
        from {{ ref("fct_indicator_sums") }}
    ),

    measures as (
        select indicator, measure, statistic, use_class, populations, subjects, is_by_grade
        from {{ ref("dim_measure") }}
    ),

    floors as (
        select indicator, policy_id, level, first_school_year, last_school_year, cast(value as decimal(9, 4)) as floor
        from {{ ref("dim_policy") }}
        where parameter = 'participation_floor'
    ),

    populations as (select code from {{ ref("code_populations") }}),

    subjects as (select code from {{ ref("code_subjects") }}),

    student_groups as (select code from {{ ref("code_student_groups") }}),

    entity_grades as (select school_year, level, entity_id, grade from {{ ref("int_entity_grades") }}),

    students as (select school_year, level, entity_id, student_id from {{ ref("int_students_in_entities") }}),

    group_sets as (select policy_id, school_year, student_id, group_set from {{ ref("int_student_group_sets") }}),

    group_set_members as (select group_set, student_group from {{ ref("int_group_set_members") }}),

    t_quantiles as (select degrees_of_freedom, quantile_975 from {{ ref("ref_t_quantiles") }}),

    students_by_set as (
        select
            group_sets.policy_id,
            students.school_year,
            students.level,
            students.entity_id,
            group_sets.group_set,
            count(*) as member_count
        from students
        inner join
            group_sets on students.school_year = group_sets.school_year and students.student_id = group_sets.student_id
        group by group_sets.policy_id, students.school_year, students.level, students.entity_id, group_sets.group_set
    ),

    enrolled as (
        select
            students_by_set.policy_id,
            students_by_set.school_year,
            students_by_set.level,
            students_by_set.entity_id,
            group_set_members.student_group,
            sum(students_by_set.member_count) as member_count
        from students_by_set
        inner join group_set_members on students_by_set.group_set = group_set_members.group_set
        group by
            students_by_set.policy_id,
            students_by_set.school_year,
            students_by_set.level,
            students_by_set.entity_id,
            group_set_members.student_group
    ),

    -- A group that no district of the state reported in a year was not collected; that differs from having no members
    -- here.
    collected_groups as (
        select policy_id, school_year, student_group from enrolled where level = 'state' and member_count > 0
    ),

    computed_anywhere as (
        select distinct indicator, policy_id, school_year, population, subject, measure from sums where level = 'state'
    ),

    computed_here as (
        select distinct indicator, policy_id, school_year, level, entity_id, population, subject, measure from sums
    ),

    entities as (select distinct policy_id, school_year, level, entity_id from enrolled),

    entity_spans as (
        select policy_id, school_year, level, entity_id, false as is_by_grade, 'all' as grade_span
        from entities
        union all
        select entities.policy_id, entities.school_year, entities.level, entities.entity_id, true, entity_grades.grade
        from entities
        inner join
            entity_grades
            on entities.school_year = entity_grades.school_year
            and entities.level = entity_grades.level
            and entities.entity_id = entity_grades.entity_id
    ),

    questions as (
        select
            measures.indicator,
            measures.measure,
            measures.statistic,
            measures.use_class,
            measures.is_by_grade,
            populations.code as population,
            subjects.code as subject
        from measures
        inner join populations on concat('|', measures.populations, '|') like concat('%|', populations.code, '|%')
        inner join subjects on concat('|', measures.subjects, '|') like concat('%|', subjects.code, '|%')
    ),

    every_cell as (
        select
            entity_spans.school_year,
            entity_spans.level,
            entity_spans.entity_id,
            questions.indicator,
            entity_spans.policy_id,
            questions.population,
            student_groups.code as student_group,
            entity_spans.grade_span,
            questions.subject,
            questions.measure,
            questions.statistic,
            questions.use_class
        from entity_spans
        inner join questions on entity_spans.is_by_grade = questions.is_by_grade
        cross join student_groups
    ),

    with_sums as (
        select
            every_cell.*,
            sums.student_count,
            sums.numerator,
            case
                when every_cell.statistic = 'floored_rate'
                then {{ floored_denominator("sums.denominator", "sums.expected", "floors.floor") }}
                else sums.denominator
            end as denominator,
            sums.expected,
            sums.cluster_count,
            sums.cluster_numerator_squares,
            sums.cluster_products,
            sums.cluster_denominator_squares
        from every_cell
        left join
            sums
            on every_cell.indicator = sums.indicator
            and every_cell.policy_id = sums.policy_id
            and every_cell.school_year = sums.school_year
            and every_cell.level = sums.level
            and every_cell.entity_id = sums.entity_id
            and every_cell.population = sums.population
            and every_cell.subject = sums.subject
            and every_cell.grade_span = sums.grade_span
            and every_cell.measure = sums.measure
            and every_cell.student_group = sums.student_group
        left join
            floors
            on every_cell.indicator = floors.indicator
            and every_cell.policy_id = floors.policy_id
            and every_cell.level = floors.level
            and every_cell.school_year between floors.first_school_year and floors.last_school_year
    ),

    with_values as (
        select
            with_sums.*,
            cast(with_sums.numerator as double) as x,
            cast(with_sums.denominator as double) as n,
            case when with_sums.denominator > 0 then with_sums.numerator / with_sums.denominator end as quotient
        from with_sums
    ),

    with_errors as (
        select
            with_values.*,
            case
                when with_values.statistic = 'mean' and with_values.cluster_count > 1 and with_values.denominator > 0
                then
                    t_quantiles.quantile_975 * sqrt(
                        greatest(
                            0,
                            with_values.cluster_count
                            / (with_values.cluster_count - 1.0)
                            * (
                                with_values.cluster_numerator_squares
                                - 2 * with_values.quotient * with_values.cluster_products
                                + with_values.quotient * with_values.quotient * with_values.cluster_denominator_squares
                            )
                        )
                    )
                    / with_values.n
            end as half_width
        from with_values
        left join t_quantiles on least(with_values.cluster_count - 1, 1000) = t_quantiles.degrees_of_freedom
    )

select
    cast(with_errors.school_year as smallint) as school_year,
    with_errors.level,
    with_errors.entity_id,
    with_errors.indicator,
    with_errors.policy_id,
    with_errors.population,
    with_errors.student_group,
    with_errors.grade_span,
    with_errors.subject,
    with_errors.measure,
    with_errors.numerator,
    with_errors.denominator,
    with_errors.expected,
    coalesce(with_errors.student_count, 0) as student_count,
    cast(with_errors.quotient as decimal(18, 10)) as value,
    case
        when with_errors.quotient is not null
        then 'ok'
        when computed_anywhere.indicator is null or collected_groups.student_group is null
        then 'not_collected'
        when coalesce(enrolled.member_count, 0) = 0
        then 'no_students'
        when computed_here.indicator is null
        then 'not_reported'
        else 'no_students'
    end as value_status,
    cast(
        case
            when with_errors.statistic in ('rate', 'floored_rate') and with_errors.n > 0
            then {{ wilson_bound("with_errors.x", "with_errors.n", "-") }}
            when with_errors.statistic = 'mean'
            then with_errors.quotient - with_errors.half_width
        end as decimal(18, 10)
    ) as interval_low,
    cast(
        case
            when with_errors.statistic in ('rate', 'floored_rate') and with_errors.n > 0
            then {{ wilson_bound("with_errors.x", "with_errors.n", "+") }}
            when with_errors.statistic = 'mean'
            then with_errors.quotient + with_errors.half_width
        end as decimal(18, 10)
    ) as interval_high,
    case
        when with_errors.quotient is null
        then null
        when with_errors.statistic in ('rate', 'floored_rate')
        then 'wilson'
        when with_errors.half_width is not null
        then 't_clustered'
    end as interval_method,
    with_errors.use_class
from with_errors
left join
    computed_anywhere
    on with_errors.indicator = computed_anywhere.indicator
    and with_errors.policy_id = computed_anywhere.policy_id
    and with_errors.school_year = computed_anywhere.school_year
    and with_errors.population = computed_anywhere.population
    and with_errors.subject = computed_anywhere.subject
    and with_errors.measure = computed_anywhere.measure
left join
    computed_here
    on with_errors.indicator = computed_here.indicator
    and with_errors.policy_id = computed_here.policy_id
    and with_errors.school_year = computed_here.school_year
    and with_errors.level = computed_here.level
    and with_errors.entity_id = computed_here.entity_id
    and with_errors.population = computed_here.population
    and with_errors.subject = computed_here.subject
    and with_errors.measure = computed_here.measure
left join
    collected_groups
    on with_errors.policy_id = collected_groups.policy_id
    and with_errors.school_year = collected_groups.school_year
    and with_errors.student_group = collected_groups.student_group
left join
    enrolled
    on with_errors.policy_id = enrolled.policy_id
    and with_errors.school_year = enrolled.school_year
    and with_errors.level = enrolled.level
    and with_errors.entity_id = enrolled.entity_id
    and with_errors.student_group = enrolled.student_group
