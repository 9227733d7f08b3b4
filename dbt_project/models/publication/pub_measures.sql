select indicator, measure, sort_order, label_en, label_es, statistic, unit, decimals, better, is_headline
from {{ ref("dim_measure") }}
