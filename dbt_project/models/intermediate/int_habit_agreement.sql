-- Sums over students from which two coefficients follow, for each entity and group: alpha, over students with a score
-- in
-- every habit that is shown and rated there; and the correlation of what students and teachers say, over students whom
-- both rated. Students are summed by group set first.
with
    scores as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_id,
            habit_id,
            score,
            case when score_by_teachers is not null then score_by_student end as score_by_student,
            case when score_by_student is not null then score_by_teachers end as score_by_teachers
        from {{ ref("int_habit_scores") }}
        inner join {{ ref("code_habits") }} as habits on habit_id = habits.code
    ),

    sets as (select policy_id, school_year, student_id, group_set from {{ ref("int_student_group_sets") }}),

    members as (select group_set, student_group from {{ ref("int_group_set_members") }}),

    habits as (
        select policy_id, school_year, level, entity_id, count(distinct habit_id) as habit_count
        from scores
        where score is not null
        group by policy_id, school_year, level, entity_id
    ),

    students as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            group_set,
            student_id,
            habits.habit_count,
            count(score) = habits.habit_count as is_complete,
            cast(sum(score) as decimal(18, 10)) as total,
            cast(avg(score_by_student) as decimal(18, 10)) as by_student,
            cast(avg(score_by_teachers) as decimal(18, 10)) as by_teachers
        from scores
        inner join sets using (policy_id, school_year, student_id)
        left join habits using (policy_id, school_year, level, entity_id)
        group by policy_id, school_year, level, entity_id, group_set, student_id, habits.habit_count
    ),

    sums as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            group_set,
            max(habit_count) as habit_count,
            count(*) filter (where is_complete) as complete_count,
            sum(total) filter (where is_complete) as total,
            sum(total * total) filter (where is_complete) as total_squares,
            count(by_student) as pair_count,
            sum(by_student) as by_student,
            sum(by_teachers) as by_teachers,
            sum(by_student * by_student) as by_student_squares,
            sum(by_teachers * by_teachers) as by_teachers_squares,
            sum(by_student * by_teachers) as products
        from students
        group by policy_id, school_year, level, entity_id, group_set
    ),

    sums_in_groups as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            cast(max(habit_count) as double) as k,
            cast(sum(complete_count) as double) as n,
            sum(total_squares) - sum(total) * sum(total) / cast(sum(complete_count) as double) as total_variation,
            cast(sum(pair_count) as double) as pairs,
            sum(by_student_squares)
            - sum(by_student) * sum(by_student) / cast(sum(pair_count) as double) as student_variation,
            sum(by_teachers_squares)
            - sum(by_teachers) * sum(by_teachers) / cast(sum(pair_count) as double) as teacher_variation,
            sum(products) - sum(by_student) * sum(by_teachers) / cast(sum(pair_count) as double) as covariation
        from sums
        inner join members using (group_set)
        group by policy_id, school_year, level, entity_id, student_group
    ),

    item_sums as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            group_set,
            habit_id,
            count(*) as complete_count,
            sum(cast(score as decimal(18, 10))) as item,
            sum(cast(score as decimal(18, 10)) * cast(score as decimal(18, 10))) as item_squares
        from scores
        inner join students using (policy_id, school_year, level, entity_id, student_id)
        where is_complete
        group by policy_id, school_year, level, entity_id, group_set, habit_id
    ),

    items_in_groups as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_group,
            habit_id,
            sum(item_squares) - sum(item) * sum(item) / cast(sum(complete_count) as double) as item_variation
        from item_sums
        inner join members using (group_set)
        group by policy_id, school_year, level, entity_id, student_group, habit_id
    ),

    item_variations as (
        select policy_id, school_year, level, entity_id, student_group, sum(item_variation) as item_variation
        from items_in_groups
        group by policy_id, school_year, level, entity_id, student_group
    )

select
    policy_id,
    school_year,
    level,
    entity_id,
    student_group,
    cast(n as bigint) as complete_count,
    k as habit_count,
    cast(
        case
            when k > 1 and n > 1 and total_variation > 0 then k / (k - 1) * (1 - item_variation / total_variation)
        end as decimal(18, 10)
    ) as alpha,
    cast(pairs as bigint) as pair_count,
    cast(
        case
            when pairs > 1 and student_variation > 0 and teacher_variation > 0
            then covariation / sqrt(student_variation * teacher_variation)
        end as decimal(18, 10)
    ) as correlation
from sums_in_groups
left join item_variations using (policy_id, school_year, level, entity_id, student_group)
