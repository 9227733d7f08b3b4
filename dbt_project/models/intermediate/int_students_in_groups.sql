-- Many-to-many: a student is in ALL, in at most one race group and in any number of program groups, with the dates of
-- membership.
with
    students as (select school_year, student_id, sex, race_ethnicity from {{ ref("int_students") }}),

    statuses as (select school_year, student_id, status, begin_date, end_date from {{ ref("stg_student_status") }}),

    groups as (select code, group_kind from {{ ref("code_student_groups") }}),

    programs as (select code, student_group from {{ ref("code_student_statuses") }} where student_group is not null),

    everyone as (
        select
            school_year,
            student_id,
            'ALL' as student_group,
            cast(null as date) as begin_date,
            cast(null as date) as end_date
        from students
    ),

    by_race_ethnicity as (
        select
            students.school_year,
            students.student_id,
            groups.code as student_group,
            cast(null as date) as begin_date,
            cast(null as date) as end_date
        from students
        inner join groups on students.race_ethnicity = groups.code and groups.group_kind = 'race_ethnicity'
    ),

    by_sex as (
        select
            students.school_year,
            students.student_id,
            groups.code as student_group,
            cast(null as date) as begin_date,
            cast(null as date) as end_date
        from students
        inner join groups on groups.code = concat('GENDER_', students.sex) and groups.group_kind = 'sex'
    ),

    by_program as (
        select distinct
            statuses.school_year, statuses.student_id, programs.student_group, statuses.begin_date, statuses.end_date
        from statuses
        inner join programs on statuses.status = programs.code
    )

select school_year, student_id, student_group, begin_date, end_date
from everyone
union all
select school_year, student_id, student_group, begin_date, end_date
from by_race_ethnicity
union all
select school_year, student_id, student_group, begin_date, end_date
from by_sex
union all
select school_year, student_id, student_group, begin_date, end_date
from by_program
