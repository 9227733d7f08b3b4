select
    indicator,
    sort_order,
    label_en,
    label_es,
    question_en,
    question_es,
    unit,
    decimals,
    better,
    use_class,
    collections,
    claims,
    shown_with
from {{ ref("dim_indicator") }}
