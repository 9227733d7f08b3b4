select determination.row as row, null as seen, cast(competency.mastery_level as varchar) as expected
from determination
inner join
    competency
    on competency.competency_id = determination.competency_id
    and competency.framework_version = determination.framework_version
where
    (determination.is_mastery and determination.level < competency.mastery_level)
    or (not determination.is_mastery and determination.level >= competency.mastery_level)
    or determination.level > competency.highest_level
