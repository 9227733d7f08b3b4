select code as status, sort_order, carries_value, label_en, label_es, meaning_en, meaning_es
from {{ ref("code_value_statuses") }}
