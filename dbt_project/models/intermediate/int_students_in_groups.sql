-- Many-to-many: a student is in ALL, in one race group, in one of sex (either may say that nothing is known) and in any
-- number of program groups, with the dates of membership. A member of a graduation cohort who is no longer enrolled
-- stays in the groups of the last year before that; of one who was never enrolled no race and no sex is known.
with
    known_students as (select school_year, student_id, sex, race_ethnicity from {{ ref("int_students") }}),

    sent_statuses as (
        select school_year, student_id, status, begin_date, end_date from {{ ref("stg_student_status") }}
    ),

    members_not_enrolled as (
        select cohort.school_year, cohort.student_id, max(earlier.school_year) as last_school_year
        from {{ ref("stg_graduation_cohort") }} as cohort
        left join known_students as now on cohort.school_year = now.school_year and cohort.student_id = now.student_id
        left join
            known_students as earlier
            on cohort.student_id = earlier.student_id
            and cohort.school_year > earlier.school_year
        where now.student_id is null
        group by cohort.school_year, cohort.student_id
    ),

    students as (
        select school_year, student_id, sex, race_ethnicity
        from known_students
        union all
        select members.school_year, members.student_id, known_students.sex, known_students.race_ethnicity
        from members_not_enrolled as members
        left join
            known_students
            on members.student_id = known_students.student_id
            and members.last_school_year = known_students.school_year
    ),

    -- The dates of an earlier year say nothing about a census date of this one.
    statuses as (
        select school_year, student_id, status, begin_date, end_date
        from sent_statuses
        union all
        select members.school_year, members.student_id, earlier.status, cast(null as date), cast(null as date)
        from members_not_enrolled as members
        inner join
            sent_statuses as earlier
            on members.student_id = earlier.student_id
            and members.last_school_year = earlier.school_year
    ),

    groups as (select code, group_kind, is_unspecified from {{ ref("code_student_groups") }}),

    unspecified as (
        select
            max(code) filter (where group_kind = 'race_ethnicity') as race_ethnicity,
            max(code) filter (where group_kind = 'sex') as sex
        from groups
        where is_unspecified
    ),

    programs as (select code, student_group from {{ ref("code_student_statuses") }} where student_group is not null),

    everyone as (
        select
            school_year,
            student_id,
            'ALL' as student_group,
            cast(null as date) as begin_date,
            cast(null as date) as end_date,
            cast(null as date) as former_since
        from students
    ),

    by_race_ethnicity as (
        select
            students.school_year,
            students.student_id,
            groups.code as student_group,
            cast(null as date) as begin_date,
            cast(null as date) as end_date,
            cast(null as date) as former_since
        from students
        cross join unspecified
        inner join
            groups
            on groups.code = coalesce(students.race_ethnicity, unspecified.race_ethnicity)
            and groups.group_kind = 'race_ethnicity'
    ),

    by_sex as (
        select
            students.school_year,
            students.student_id,
            groups.code as student_group,
            cast(null as date) as begin_date,
            cast(null as date) as end_date,
            cast(null as date) as former_since
        from students
        cross join unspecified
        inner join
            groups on groups.code = coalesce('GENDER_' || students.sex, unspecified.sex) and groups.group_kind = 'sex'
    ),

    by_program as (
        select distinct
            statuses.school_year,
            statuses.student_id,
            programs.student_group,
            statuses.begin_date,
            statuses.end_date,
            cast(null as date) as former_since
        from statuses
        inner join programs on statuses.status = programs.code
    ),

    by_former_program as (
        select distinct
            school_year,
            student_id,
            'EL' as student_group,
            cast(null as date) as begin_date,
            cast(null as date) as end_date,
            begin_date as former_since
        from statuses
        where status = 'former_english_learner' and begin_date is not null
    )

select school_year, student_id, student_group, begin_date, end_date, former_since
from everyone
union all
select school_year, student_id, student_group, begin_date, end_date, former_since
from by_race_ethnicity
union all
select school_year, student_id, student_group, begin_date, end_date, former_since
from by_sex
union all
select school_year, student_id, student_group, begin_date, end_date, former_since
from by_program
union all
select school_year, student_id, student_group, begin_date, end_date, former_since
from by_former_program
