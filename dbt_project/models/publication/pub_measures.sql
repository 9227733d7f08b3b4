select indicator, measure, sort_order, label_en, label_es, statistic, is_headline from {{ ref("dim_measure") }}
