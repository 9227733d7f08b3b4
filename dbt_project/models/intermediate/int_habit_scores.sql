-- A student's rating of each habit in each entity, as a share of the highest rating. The ratings of one rater are
-- averaged first, then the raters, so that nobody weighs more by rating more often. A habit that too few people rated
-- has
-- no score.
with
    ratings as (
        select
            school_year,
            district_id,
            school_id,
            student_id,
            habit_id,
            rater_role,
            coalesce(rater_id, '') as rater_id,
            case
                when score between 0 and highest_score then cast(score / nullif(highest_score, 0) as decimal(18, 10))
            end as share
        from {{ ref("stg_habit_rating") }}
        where
            rating_date between make_date(school_year - 1, 7, 1) and make_date(school_year, 6, 30)
            and score is not null
            and student_id is not null
    ),

    primary_schools as (select school_year, student_id, district_id, school_id from {{ ref("int_primary_schools") }}),

    policy as (
        select policy_id, level, first_school_year, last_school_year, minimum_raters, student_role, teacher_role
        from {{ ref("policy_habits_of_work") }}
    ),

    placed as (
        select
            policy.policy_id,
            ratings.school_year,
            policy.level,
            case
                policy.level
                when 'school'
                then coalesce(ratings.school_id, primary_schools.school_id)
                when 'district'
                then ratings.district_id
                else 'state'
            end as entity_id,
            ratings.student_id,
            ratings.habit_id,
            ratings.rater_role,
            ratings.rater_id,
            ratings.share,
            policy.minimum_raters,
            policy.student_role,
            policy.teacher_role
        from ratings
        inner join policy on ratings.school_year between policy.first_school_year and policy.last_school_year
        left join
            primary_schools
            on ratings.school_year = primary_schools.school_year
            and ratings.student_id = primary_schools.student_id
            and ratings.district_id = primary_schools.district_id
    ),

    by_rater as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_id,
            habit_id,
            minimum_raters,
            rater_role = student_role as is_student,
            rater_role = teacher_role as is_teacher,
            cast(avg(share) as decimal(18, 10)) as share
        from placed
        where entity_id is not null
        group by
            policy_id,
            school_year,
            level,
            entity_id,
            student_id,
            habit_id,
            minimum_raters,
            student_role,
            teacher_role,
            rater_role,
            rater_id
    ),

    by_habit as (
        select
            policy_id,
            school_year,
            level,
            entity_id,
            student_id,
            habit_id,
            count(share) >= minimum_raters as has_enough_raters,
            count(share) as rater_count,
            cast(avg(share) as decimal(18, 10)) as score,
            cast(avg(share) filter (where is_student) as decimal(18, 10)) as score_by_student,
            cast(avg(share) filter (where is_teacher) as decimal(18, 10)) as score_by_teachers
        from by_rater
        group by policy_id, school_year, level, entity_id, student_id, habit_id, minimum_raters
    ),

    earlier as (
        select school_year + 1 as school_year, student_id, habit_id, min(score) as score
        from by_habit
        where level = 'state' and has_enough_raters
        group by school_year, student_id, habit_id
    )

select
    by_habit.policy_id,
    by_habit.school_year,
    by_habit.level,
    by_habit.entity_id,
    by_habit.student_id,
    by_habit.habit_id,
    case when by_habit.has_enough_raters then by_habit.score end as score,
    case when by_habit.has_enough_raters then by_habit.score - earlier.score end as change,
    by_habit.score_by_student,
    by_habit.score_by_teachers,
    case
        when by_habit.has_enough_raters
        then null
        when by_habit.rater_count = 0
        then 'scale_not_stated'
        else 'rated_by_too_few'
    end as exclusion
from by_habit
left join
    earlier
    on by_habit.school_year = earlier.school_year
    and by_habit.student_id = earlier.student_id
    and by_habit.habit_id = earlier.habit_id
