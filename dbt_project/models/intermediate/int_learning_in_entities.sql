-- A student's learning in a subject, as judged in each school, district and the state where the student was. What is
-- expected grows with the days taught: all of the earlier grades, and of this grade the part of the year that has
-- passed.
with
    learners as (
        select
            school_year,
            level,
            entity_id,
            student_id,
            district_id,
            grade_place,
            first_date,
            last_date,
            instructional_days,
            elapsed_days,
            days_in_year
        from {{ ref("int_learners") }}
    ),

    reported as (select school_year, district_id, subject from {{ ref("int_reported_subjects") }}),

    learning as (
        select
            school_year,
            student_id,
            grade_place,
            first_date,
            last_date,
            subject,
            framework_months,
            months_before_grade,
            months_of_grade,
            count_before_grade,
            count_of_grade,
            prerequisite_months,
            first_grade_place,
            assessed_count,
            assessed_expected_months,
            mastered_months,
            mastered_count,
            mastered_months_at_start,
            learned_months,
            learned_count,
            learned_earlier_months,
            learned_on_grade_months,
            learned_again_months,
            revoked_months,
            assessed_prerequisite_months,
            known_gap_months,
            known_gap_count,
            essential_gap_count,
            direct_gap_count,
            known_gap_months_seen_before,
            essential_gap_count_seen_before,
            direct_gap_count_seen_before,
            first_learned_date,
            last_learned_date
        from {{ ref("int_learning_in_windows") }}
    )

select
    learners.school_year,
    learners.level,
    learners.entity_id,
    learning.subject,
    learners.student_id,
    learners.grade_place,
    learners.first_date,
    learners.last_date,
    learners.instructional_days,
    learners.elapsed_days,
    learners.days_in_year,
    reported.subject is not null as is_reported,
    learning.framework_months,
    learning.months_before_grade,
    learning.months_of_grade,
    learning.count_before_grade,
    learning.count_of_grade,
    cast(
        learning.months_before_grade
        + learning.months_of_grade * learners.elapsed_days / nullif(learners.days_in_year, 0) as decimal(18, 4)
    ) as expected_months,
    cast(
        learning.count_before_grade
        + cast(learning.count_of_grade * learners.elapsed_days as decimal(18, 4))
        / nullif(learners.days_in_year, 0) as decimal(18, 4)
    ) as expected_count,
    learning.prerequisite_months,
    learning.first_grade_place,
    learning.assessed_count,
    learning.assessed_expected_months,
    learning.mastered_months,
    learning.mastered_count,
    learning.mastered_months_at_start,
    learning.learned_months,
    learning.learned_count,
    learning.learned_earlier_months,
    learning.learned_on_grade_months,
    learning.learned_again_months,
    learning.revoked_months,
    learning.assessed_prerequisite_months,
    learning.known_gap_months,
    learning.known_gap_count,
    learning.essential_gap_count,
    learning.direct_gap_count,
    learning.known_gap_months_seen_before,
    learning.essential_gap_count_seen_before,
    learning.direct_gap_count_seen_before,
    learning.first_learned_date,
    learning.last_learned_date
from learners
inner join
    learning
    on learners.school_year = learning.school_year
    and learners.student_id = learning.student_id
    and learners.grade_place = learning.grade_place
    and learners.first_date = learning.first_date
    and learners.last_date = learning.last_date
left join
    reported
    on learners.school_year = reported.school_year
    and learners.district_id = reported.district_id
    and learning.subject = reported.subject
