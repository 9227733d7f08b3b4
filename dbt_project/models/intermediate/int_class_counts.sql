-- What the method of class sorting reads: students by section and category, in the cells that are large enough.
select
    policy_id,
    school_year,
    subject,
    student_group,
    district_id,
    school_id,
    grade,
    section_id,
    category,
    student_count,
    draws
from {{ ref("int_class_groups") }}
where is_judged
