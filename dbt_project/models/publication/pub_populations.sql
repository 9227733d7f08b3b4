select code, sort_order, label_en, label_es, description_en, description_es from {{ ref("code_populations") }}
