-- The level that a score earns is the highest whose cut score it reaches, or the one below the lowest that is cut. Where
-- more than one policy has cut scores for the year, a level is right that one of them gives.
with earned as (
    select
        assessment.row,
        assessment.performance_level,
        coalesce(
            max(cuts.performance_level) filter (where cuts.cut_score <= assessment.scale_score),
            min(cuts.performance_level) - 1
        ) as level
    from assessment
    inner join policy_cut_scores as cuts on cuts.subject = assessment.subject and cuts.grade = assessment.grade_assessed
    where
        assessment.scale_score is not null
        and assessment.performance_level is not null
        and assessment.language_domain is null
        and coalesce(assessment.assessment_form, 'regular') not in ('alternate', 'end_of_course')
    group by assessment.row, assessment.performance_level, cuts.policy_id
)
select
    earned.row as row,
    cast(earned.performance_level as varchar) as seen,
    null as expected
from earned
group by earned.row, earned.performance_level
having bool_and(earned.performance_level <> greatest(earned.level, 1))
