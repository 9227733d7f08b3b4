select assessment.row as row, coalesce(assessment.assessment_form, 'regular') as seen, 'end_of_course' as expected
from assessment
where
    assessment.subject = 'MATH'
    and assessment.grade_assessed = '08'
    and assessment.participation_status = 'participated'
    and coalesce(assessment.assessment_form, 'regular') in ('regular', 'accommodated')
    and exists (
        select 1
        from assessment as other
        where
            other.student_id = assessment.student_id
            and other.subject = 'MATH'
            and other.participation_status = 'participated'
            and other.assessment_form = 'end_of_course'
    )
