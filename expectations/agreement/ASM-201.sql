with counts as (
    select
        count(*) as now_count,
        count(*) filter (
            where exists (
                select 1
                from assessment_last_year as before
                where
                    before.student_id = assessment.student_id
                    and before.subject = assessment.subject
                    and before.scale_score = assessment.scale_score
            )
        ) as same_count
    from assessment
    where assessment.scale_score is not null
)
select
    null as row,
    cast(counts.same_count as varchar) || ' / ' || cast(counts.now_count as varchar) as seen,
    '< 95 %' as expected
from counts
where counts.now_count >= 30 and counts.same_count * 100 >= counts.now_count * 95
