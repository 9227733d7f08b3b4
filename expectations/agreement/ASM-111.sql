with registered as (
    select
        assessment.school_id,
        assessment.subject,
        assessment.student_id,
        max(case when statuses.is_participant = 'true' then 1 else 0 end) as is_tested
    from assessment
    inner join code_subjects as subjects on subjects.code = assessment.subject
    inner join code_participation_statuses as statuses on statuses.code = assessment.participation_status
    where subjects.is_achievement_subject = 'true' and statuses.is_expected = 'true'
    group by assessment.school_id, assessment.subject, assessment.student_id
),
members as (
    select distinct student_status.student_id, statuses.student_group as student_group
    from student_status
    inner join code_student_statuses as statuses on statuses.code = student_status.status
    where statuses.student_group <> ''
    union all
    select distinct
        student.student_id,
        case
            when student.hispanic_latino_ethnicity then 'HI'
            when student.races like '%;%' then 'MR'
            else student.races
        end as student_group
    from student
    where student.hispanic_latino_ethnicity or student.races is not null
    union all
    select distinct registered.student_id, 'ALL' as student_group
    from registered
),
groups_of_schools as (
    select
        registered.school_id,
        registered.subject,
        members.student_group,
        count(*) as students,
        sum(registered.is_tested) as tested
    from registered
    inner join members on members.student_id = registered.student_id
    group by registered.school_id, registered.subject, members.student_group
)
select
    null as row,
    school_id || ', ' || subject || ', ' || student_group || ': ' || cast(tested as varchar) || ' / '
    || cast(students as varchar) as seen,
    '95 %' as expected
from groups_of_schools
where students >= 20 and tested * 100 < students * 95
