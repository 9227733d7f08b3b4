select level, earlier_id, entity_id, school_year from {{ ref("dim_earlier_number") }}
