select code as student_group, group_kind, sort_order, label_en, label_es from {{ ref("code_student_groups") }}
