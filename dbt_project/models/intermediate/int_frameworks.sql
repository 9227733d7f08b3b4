-- The framework that stands for each subject in a school year: the one in which most students were judged. Students who
-- were judged more often in another one of the subject are named in int_student_frameworks.
with
    versions as (select distinct school_year, subject, framework_version from {{ ref("int_competencies") }}),

    choices as (
        select school_year, subject, framework_version, count(*) as student_count
        from {{ ref("int_framework_choices") }}
        group by school_year, subject, framework_version
    )

select versions.school_year, versions.subject, versions.framework_version
from versions
left join
    choices
    on versions.school_year = choices.school_year
    and versions.subject = choices.subject
    and versions.framework_version = choices.framework_version
qualify
    row_number() over (
        partition by versions.school_year, versions.subject
        order by coalesce(choices.student_count, 0) desc, versions.framework_version desc
    )
    = 1
