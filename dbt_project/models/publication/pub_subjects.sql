select code, sort_order, label_en, label_es from {{ ref("code_reported_subjects") }}
