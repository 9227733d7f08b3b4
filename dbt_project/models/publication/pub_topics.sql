select code, sort_order, label_en, label_es, question_en, question_es from {{ ref("code_topics") }}
