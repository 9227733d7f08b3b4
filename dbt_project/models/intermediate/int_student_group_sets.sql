-- The groups a student counts in under a policy, as one text such as 'ALL|EL|GENDER_F|HI', and the school where the
-- student is a member of a cluster. There are far fewer sets than students, so contributions are summed by set before
-- any group is looked at; that keeps a state of six million students fast.
with
    memberships as (
        select school_year, student_id, student_group, begin_date, end_date, former_since
        from {{ ref("int_students_in_groups") }}
    ),

    rules as (
        select
            policy_id,
            first_school_year,
            last_school_year,
            membership_rule,
            census_month,
            census_day,
            former_english_learner_years
        from {{ ref("policy_student_groups") }}
    ),

    counted as (
        select distinct rules.policy_id, memberships.school_year, memberships.student_id, memberships.student_group
        from memberships
        inner join rules on memberships.school_year between rules.first_school_year and rules.last_school_year
        where
            (
                memberships.former_since is null
                and (
                    rules.membership_rule = 'any_time_in_school_year'
                    or (
                        rules.membership_rule = 'on_census_date'
                        and coalesce(memberships.begin_date, date '1900-01-01')
                        <= {{ date_in_school_year("memberships.school_year", "rules.census_month", "rules.census_day") }}
                        and coalesce(memberships.end_date, date '2999-12-31')
                        >= {{ date_in_school_year("memberships.school_year", "rules.census_month", "rules.census_day") }}
                    )
                )
            )
            or (
                rules.former_english_learner_years > 0
                and memberships.former_since
                > make_date(memberships.school_year - rules.former_english_learner_years - 1, 6, 30)
            )
    ),

    sets as (
        select policy_id, school_year, student_id, string_agg(student_group, '|' order by student_group) as group_set
        from counted
        group by policy_id, school_year, student_id
    ),

    students as (select school_year, student_id, primary_school_id from {{ ref("int_students") }})

select sets.policy_id, sets.school_year, sets.student_id, sets.group_set, students.primary_school_id
from sets
left join students on sets.school_year = students.school_year and sets.student_id = students.student_id
