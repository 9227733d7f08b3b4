"""Real state records of 2024-25: every record that qualifies has a percentile, and half the state grew more."""

import numpy as np
import polars as pl
import pytest

from methods.growth_percentiles.fit_report import fit_report
from methods.growth_percentiles.percentiles import Records, fit_scales, growth_percentiles

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def records(sgpdata) -> Records:
    parts = [pl.read_csv(path, infer_schema=False) for path in sorted(sgpdata.glob("*_district_*.csv.gz"))]
    valid = (
        pl.concat(parts)
        .filter(pl.col("VALID_CASE") == "VALID_CASE")
        .select(
            student=pl.col("ID").cast(pl.Int64),
            school_year=pl.col("YEAR").str.tail(4).cast(pl.Int64),
            subject="CONTENT_AREA",
            grade=pl.col("GRADE").cast(pl.Int64),
            score=pl.col("SCALE_SCORE").cast(pl.Float64, strict=False),
        )
        .drop_nulls()
    )
    return Records(*(valid[column].to_numpy() for column in valid.columns))


def test_every_qualifying_record_of_the_year_has_a_percentile_and_the_medians_are_fifty(records):
    scales, refused = fit_scales(records)
    assert refused == ()
    growth = growth_percentiles(records, 2025, scales, minimum_students=1000)
    assert growth.refused == ()
    assert sum(cohort.rows.size for cohort in growth.cohorts) == 58_133
    for subject in ("MATHEMATICS", "READING"):
        cohorts = [cohort for cohort in growth.cohorts if cohort.progression.subject == subject]
        assert len(cohorts) == 7
        assert np.median(np.concatenate([cohort.percentile for cohort in cohorts])) == 50
    for cohort in growth.cohorts:
        assert all(certificate.is_optimal for certificate in cohort.certificates)
        report = fit_report(cohort.progression.name, cohort.prior, cohort.current, cohort.percentile)
        assert abs(report.prior_correlation) < 0.05
