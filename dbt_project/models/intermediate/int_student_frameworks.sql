-- Students who are measured on another framework of the subject than most: those judged more often in it.
with
    choices as (select school_year, subject, student_id, framework_version from {{ ref("int_framework_choices") }}),

    frameworks as (select school_year, subject, framework_version from {{ ref("int_frameworks") }})

select choices.school_year, choices.subject, choices.student_id, choices.framework_version
from choices
inner join
    frameworks
    on choices.school_year = frameworks.school_year
    and choices.subject = frameworks.subject
    and choices.framework_version <> frameworks.framework_version
