"""A made-up state of two districts and five schools, as the published tables would hold it.

Every status occurs, and names carry what a browser or a spreadsheet must not run. No formula of an indicator belongs
here.
"""

import zlib
from decimal import Decimal
from itertools import product
from pathlib import Path

import duckdb
import polars as pl

SCRIPT, FORMULA = '<script>alert("x")</script> District & Sons', '=HYPERLINK("http://evil.example","Click") District'
ENTITIES = [
    ("state", "state", "State", None, None, 2024, 2025),
    ("district", "0100", SCRIPT, None, None, 2024, 2025),
    ("district", "470", FORMULA, None, None, 2024, 2025),
    ("school", "0001", "Oak Street Elementary School", "0100", SCRIPT, 2024, 2025),
    ("school", "0002", '"Quoted" O\'Brien <img src=x onerror=alert(1)> School', "0100", SCRIPT, 2024, 2025),
    ("school", "0003", "@SUM(A1) Academy", "470", FORMULA, 2024, 2025),
    ("school", "0004", "Élémentaire Número 4 {{ 7*7 }}", "470", FORMULA, 2024, 2025),
    ("school", "-05", "-1+1 School", "470", FORMULA, 2024, 2024),
]
PLACES = {
    "0100": ("Ñandú Springs", None, None),
    "0001": ("Ñandú Springs", "KG", "05"),
    "0003": ("Elm & <b>Ash</b>", "03", "03"),
    "0004": (None, "04", "05"),
}
"""Where a district or school stands, and the lowest and highest grade of a school, by its id."""
EARLIER = [("school", "0009", "0001", 2025), ("school", "-05", "0004", 2025)]
"""A number that is no longer in use, and a school of earlier years that was merged into another."""
INDICATORS = [
    (
        "academic_achievement",
        1,
        "Academic achievement",
        "Rendimiento académico",
        "How many students meet the state's standards?",
        "¿Cuántos estudiantes cumplen los estándares?",
        "{value} of students met the standard for their grade in {subject}.",
        "El {value} de los estudiantes alcanzó el estándar de su grado en {subject}.",
        "Do not use it to rank schools or to judge a teacher. It shows most of all what students knew when they came.",
        "No lo use para ordenar escuelas ni para juzgar a un docente.",
        "percent",
        1,
        "higher",
        "federal_required",
        "assessment;enrollment",
        "R12;K4",
        "learning",
        True,
        "bars",
        None,
        None,
    ),
    (
        "test_participation",
        2,
        "Test participation",
        "Participación",
        "How many students took the state tests?",
        "¿Cuántos estudiantes hicieron las pruebas?",
        "{value} of students took the test in {subject}.",
        "El {value} de los estudiantes hizo la prueba de {subject}.",
        "Do not read it as learning. It says only who took the test.",
        "No lo lea como aprendizaje. Solo dice quién hizo la prueba.",
        "percent",
        1,
        "higher",
        "federal_required",
        "assessment",
        "R12",
        "records",
        False,
        "bars",
        None,
        "academic_achievement",
    ),
    (
        "average_score",
        3,
        "Average score",
        "Puntaje promedio",
        "How did students score on average?",
        "¿Qué puntaje obtuvieron en promedio?",
        "The average score in {subject} is {number} points.",
        "El puntaje promedio en {subject} es de {number} puntos.",
        "Do not compare subjects or grades. Each test has points of its own.",
        "No compare materias ni grados. Cada prueba tiene sus propios puntos.",
        "score",
        1,
        "higher",
        "diagnostic",
        "assessment",
        "K4",
        "learning",
        False,
        "bars",
        None,
        None,
    ),
    (
        "full_academic_year_coverage",
        4,
        "Here all year",
        "Presentes todo el año",
        "How many students were here for the full academic year?",
        "¿Cuántos estudiantes estuvieron todo el año?",
        "{value} of the students tested in {subject} were here for the full academic year.",
        "El {value} de los estudiantes evaluados en {subject} estuvo aquí todo el año escolar.",
        "Do not use it to judge a school. Families move for many reasons.",
        "No lo use para juzgar a una escuela. Las familias se mudan por muchas razones.",
        "percent",
        1,
        "neither",
        "diagnostic",
        "assessment",
        "R12",
        "records",
        False,
        "bars",
        None,
        None,
    ),
]
GROWTH = (
    "growth_rate",
    5,
    "Growth rate",
    "Ritmo de avance",
    "How fast do students learn?",
    "¿Qué tan rápido aprenden los estudiantes?",
    "In a year students learned {value} as much as in a usual year of {subject}.",
    "En un año los estudiantes aprendieron {value} lo que en un año usual de {subject}.",
    "Do not use it to judge a teacher. It says nothing of where students began.",
    "No lo use para juzgar a un docente. No dice dónde empezaron los estudiantes.",
    "multiple",
    2,
    "higher",
    "diagnostic",
    "assessment",
    "K4",
    "growth",
    True,
    "ladder",
    None,
    "academic_achievement",
)
INDICATORS.append(GROWTH)
UNITS = {indicator[0]: indicator[10:13] for indicator in INDICATORS}
MEASURES = [
    (
        "academic_achievement",
        "percent_proficient",
        1,
        "Percent proficient",
        "Porcentaje competente",
        "floored_rate",
        True,
    ),
    (
        "academic_achievement",
        "percent_proficient_of_tested",
        2,
        "Percent proficient of those tested",
        "De los evaluados",
        "rate",
        False,
    ),
    ("test_participation", "percent_tested", 1, "Percent tested", "Porcentaje evaluado", "rate", True),
    ("average_score", "mean_scale_score", 1, "Average scale score", "Puntaje de escala promedio", "mean", True),
    (
        "full_academic_year_coverage",
        "percent_full_academic_year",
        1,
        "Percent here all year",
        "Porcentaje todo el año",
        "rate",
        True,
    ),
    (
        "growth_rate",
        "median_growth_rate",
        1,
        "Years of learning in a year",
        "Años de aprendizaje en un año",
        "median",
        True,
    ),
]
GROUPS = [
    ("ALL", "all", 1, "All students", "Todos"),
    ("AI", "race_ethnicity", 2, "American Indian or Alaska Native", "Indígena americano"),
    ("AS", "race_ethnicity", 3, "Asian", "Asiático"),
    ("AA", "race_ethnicity", 4, "Black or African American", "Negro o afroamericano"),
    ("HI", "race_ethnicity", 5, "Hispanic or Latino", "Hispano o latino"),
    ("PI", "race_ethnicity", 6, "Native Hawaiian or other Pacific Islander", "Nativo de Hawái"),
    ("WH", "race_ethnicity", 7, "White", "Blanco"),
    ("MR", "race_ethnicity", 8, "Two or more races", "Dos o más razas"),
    ("GENDER_F", "sex", 9, "Female", "Mujeres"),
    ("GENDER_M", "sex", 10, "Male", "Hombres"),
    ("SED", "program", 11, "Economically disadvantaged", "Con desventaja económica"),
    ("EL", "program", 12, "English learners", "Aprendices de inglés"),
    ("SWD", "program", 13, "Students with disabilities", "Con discapacidad"),
    ("GIF", "program", 14, "Gifted and talented", "Dotados"),
]
STATUSES = [
    ("ok", 1, "Shown", "Se muestra", True, "The number is shown.", "Se muestra el número."),
    ("range", 2, "Shown as a range", "Rango", True, "Only a range is shown.", "Solo un rango."),
    ("suppressed", 3, "Hidden to protect students", "Oculto", False, "The group is small.", "El grupo es pequeño."),
    ("no_students", 4, "No students", "Sin estudiantes", False, "Nobody is counted here.", "Nadie."),
    ("not_applicable", 5, "Does not apply", "No aplica", False, "The question does not apply.", "No aplica."),
    ("not_collected", 6, "Not collected", "No se recopila", False, "The state did not collect this.", "No."),
    ("not_reported", 7, "District did not report", "No reportado", False, "The district did not report.", "No."),
    ("low_coverage", 8, "Too few records in", "Faltan registros", False, "Too few records are in.", "Faltan."),
    ("incomplete", 9, "Some records are missing", "Incompleto", True, "Some records are missing.", "Faltan."),
    ("under_review", 10, "Being checked", "En revisión", True, "The number is being checked.", "En revisión."),
    ("not_comparable", 11, "Changed, do not compare", "Cambió", True, "The definition changed.", "Cambió."),
    ("not_yet_measured", 12, "Not measured yet", "Aún no", False, "No one measures this yet.", "Aún no."),
]
GRADES = [("all", 0, "All grades"), ("03", 5, "Grade 3"), ("04", 6, "Grade 4"), ("05", 7, "Grade 5")]
POPULATIONS = [
    ("reporting", 1, "All students", "Todos", "Every student the state counts", "Todos los estudiantes"),
    (
        "accountability",
        2,
        "Students here for the full academic year",
        "Todo el año",
        "At least half a year",
        "Medio año",
    ),
]
POLICIES = [
    (
        "academic_achievement",
        "made_up",
        "school",
        2024,
        2025,
        "minimum_students",
        "10",
        "=1+1, board decision of 2023 & <b>others</b>",
    ),
    ("academic_achievement", "made_up", "school", 2024, 2025, "participation_floor", "0.95", "20 USC 6311(c)(4)(E)"),
]
WITH_A_NUMBER = {"ok", "incomplete", "under_review", "not_comparable"}
RECORDS = {"ok": Decimal(100), "incomplete": Decimal("79.5")}
"""How many percent of the records are in, by the status of the number."""
SIZE = {"state": 12000, "district": 3000, "school": 180}
DECIMAL = pl.Decimal(18, 4)
RESULT_TYPES = {
    "school_year": "smallint",
    "level": "varchar",
    "entity_id": "varchar",
    "indicator": "varchar",
    "policy_id": "varchar",
    "population": "varchar",
    "student_group": "varchar",
    "grade_span": "varchar",
    "subject": "varchar",
    "measure": "varchar",
    "student_count": "bigint",
    "numerator": "decimal(18, 4)",
    "denominator": "decimal(18, 4)",
    "value": "decimal(18, 4)",
    "value_status": "varchar",
    "low_bound": "decimal(18, 4)",
    "high_bound": "decimal(18, 4)",
    "interval_low": "decimal(18, 4)",
    "interval_high": "decimal(18, 4)",
    "interval_method": "varchar",
    "completeness": "decimal(18, 4)",
    "reliability": "varchar",
    "use_class": "varchar",
    "mode": "varchar",
}


def results(years: tuple[int, ...] = (2024, 2025)) -> pl.DataFrame:
    """Make every result of the state, in no order that anyone may rely on."""
    rows = []
    for level, entity_id, *_, last in ENTITIES:
        for year in (year for year in years if year <= last):
            for indicator, measure, *_ in MEASURES:
                grades = GRADES[1:] if indicator == "average_score" else GRADES[:1]
                for (grade, *_), subject, population in product(
                    grades, ("RLA", "MATH"), ("reporting", "accountability")
                ):
                    for place, (group, *_) in enumerate(GROUPS):
                        key = (year, level, entity_id, indicator, "made_up", population, group, grade, subject, measure)
                        outcome = _outcome(key, place)
                        rows.append((*key, *outcome, RECORDS.get(outcome[4]), None, "diagnostic", "ranges"))
    kinds = {"school_year": pl.Int64, "student_count": pl.Int64, "value": DECIMAL}
    kinds |= {name: DECIMAL for name, kind in RESULT_TYPES.items() if kind.startswith("decimal")}
    schema = {name: kinds.get(name, pl.String) for name in RESULT_TYPES}
    return pl.DataFrame(rows[::-1], schema=schema, orient="row")


def _outcome(key: tuple, place: int) -> tuple:
    """Give what stands between key and completeness: always the same for the same key."""
    _, level, _, indicator, _, _, group, *_ = key
    luck = zlib.crc32("|".join(map(str, key)).encode())
    status = _status(key, luck)
    if status == "range":
        least = Decimal("1.5") if indicator == GROWTH[0] else Decimal(95)
        return None, None, None, None, status, least, None, None, None, None
    if status not in WITH_A_NUMBER:
        return None, None, None, None, status, None, None, None, None, None
    count = SIZE[level] if group == "ALL" else max(10, SIZE[level] // (place + 1))
    is_score = indicator == "average_score"
    if indicator == GROWTH[0]:
        middle, half = 0.7 + luck % 70 / 100, 2 / count**0.5
        numbers = (Decimal(f"{number:.2f}") for number in (middle, max(middle - half, 0), middle + half))
        value, low, high = numbers
        return count, None, None, value, status, None, None, low, high, "order_statistics"
    middle = 480 + luck % 700 / 10 if is_score else 25 + luck % 600 / 10
    half = 95 / count**0.5
    places = 1 if is_score or count > 1000 else 0
    low, high = (middle - half, middle + half) if is_score else (max(middle - half, 0), min(middle + half, 100))
    value, low, high = (Decimal(f"{number:.{places}f}") for number in (middle, low, high))
    return count, None, None, value, status, None, None, low, high, "wilson"


def _status(key: tuple, luck: int) -> str:
    _, level, entity_id, indicator, _, population, group, *_ = key
    if entity_id == "0002" and indicator == "test_participation":
        return "not_reported"
    if entity_id == "0002" and indicator == GROWTH[0]:
        return "incomplete"
    if entity_id == "0003" and group != "ALL":
        return STATUSES[luck % len(STATUSES)][0]
    if level == "school" and group in ("AI", "PI", "GIF"):
        return "no_students" if group == "PI" else "suppressed"
    return "not_comparable" if entity_id == "0004" and population == "accountability" else "ok"


def make_warehouse(path: Path, published: pl.DataFrame | None = None) -> Path:
    """Write a warehouse that holds the published tables."""
    with duckdb.connect(str(path)) as connection:
        connection.register("published", results() if published is None else published)
        connection.execute("create schema publication")
        columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in RESULT_TYPES.items())
        connection.execute(f"create table publication.pub_indicator_results as select {columns} from published")
        entity = "level varchar, entity_id varchar, entity_name varchar, district_id varchar, district_name varchar"
        years = "first_school_year smallint, last_school_year smallint"
        place = "city varchar, lowest_grade varchar, highest_grade varchar"
        placed = [(*row, *PLACES.get(row[1], (None, None, None))) for row in ENTITIES]
        _table(connection, "pub_entities", f"{entity}, {years}, {place}", placed)
        earlier = "level varchar, earlier_id varchar, entity_id varchar, school_year smallint"
        _table(connection, "pub_earlier_numbers", earlier, EARLIER)
        names = "label_en varchar, label_es varchar"
        _table(
            connection,
            "pub_indicators",
            f"indicator varchar, sort_order integer, {names}, question_en varchar, question_es varchar, "
            "in_short_en varchar, in_short_es varchar, misuse_en varchar, misuse_es varchar, "
            "unit varchar, decimals integer, better varchar, use_class varchar, collections varchar, claims varchar, "
            "topic varchar, is_lead boolean, chart varchar, chart_measures varchar, shown_with varchar",
            INDICATORS,
        )
        topics = [
            ("learning", 1, "Learning", "Aprendizaje", "What do students know?", "¿Qué saben los estudiantes?"),
            ("growth", 2, "Growth", "Avance", "How do students grow?", "¿Cómo avanzan los estudiantes?"),
            ("records", 3, "The records", "Los registros", "How complete are they?", "¿Qué tan completos están?"),
        ]
        _table(
            connection,
            "pub_topics",
            f"code varchar, sort_order integer, {names}, question_en varchar, question_es varchar",
            topics,
        )
        _table(
            connection,
            "pub_measures",
            f"indicator varchar, measure varchar, sort_order integer, {names}, statistic varchar, is_headline boolean, "
            "unit varchar, decimals integer, better varchar",
            [(*measure, *UNITS[measure[0]]) for measure in MEASURES],
        )
        _table(
            connection,
            "pub_student_groups",
            f"student_group varchar, group_kind varchar, sort_order integer, {names}",
            GROUPS,
        )
        _table(
            connection,
            "pub_value_statuses",
            f"status varchar, sort_order integer, {names}, carries_value boolean, "
            "meaning_en varchar, meaning_es varchar",
            STATUSES,
        )
        coded = f"code varchar, sort_order integer, {names}"
        subjects = [("RLA", 1, "Reading and language arts", "Lectura"), ("MATH", 2, "Mathematics", "Matemáticas")]
        _table(connection, "pub_subjects", coded, subjects)
        _table(connection, "pub_grade_spans", coded, [(*grade, grade[-1]) for grade in GRADES])
        _table(
            connection,
            "pub_populations",
            f"{coded}, description_en varchar, description_es varchar",
            POPULATIONS,
        )
        levels = [
            ("state", 1, "State", "Estado"),
            ("district", 2, "District", "Distrito"),
            ("school", 3, "School", "Escuela"),
        ]
        _table(connection, "pub_levels", coded, levels)
        knots = ", ".join(f"knot_{place} decimal(18, 6)" for place in range(1, 5))
        _table(
            connection,
            "pub_growth_scales",
            f"subject varchar, grade_number smallint, version varchar, {knots}, boundary_low decimal(18, 6), "
            "boundary_high decimal(18, 6)",
            [("MATH", 4, "2024-2025", 420, 460, 500, 540, 180, 760)],
        )
        _table(
            connection,
            "pub_growth_coefficients",
            "school_year smallint, subject varchar, grade_number smallint, norms varchar, prior_count smallint, "
            "term smallint, quantile decimal(4, 3), coefficient decimal(28, 12), student_count bigint",
            [(2025, "MATH", 5, "cohort", 1, term, "0.505", f"{term}.25", 4000) for term in range(8)],
        )
        _table(
            connection,
            "pub_policies",
            "indicator varchar, policy_id varchar, level varchar, first_school_year smallint, "
            "last_school_year smallint, parameter varchar, value varchar, authority varchar",
            POLICIES,
        )
    return path


def make_methodology(folder: Path) -> Path:
    """Write the methodology page of every indicator, where a checkout has them."""
    for slug, _, label, *_ in INDICATORS:
        (folder / slug).mkdir(parents=True)
        page = f"""{{% docs {slug} %}}
## What it measures

{label}, in one paragraph. <script>alert("method")</script>

## Who is counted

| Who | Counted |
|---|---|
| Students with a score | Yes |

## How it is computed

A sum over a sum: `numerator / denominator`.

## What changed, by year

Nothing.

## Limits

* Chance.
{{% enddocs %}}
"""
        for name in (f"{slug}.md", f"{slug}.es.md"):
            (folder / slug / name).write_text(page, encoding="utf-8")
    return folder


def _table(connection: duckdb.DuckDBPyConnection, name: str, columns: str, rows: list[tuple]) -> None:
    connection.execute(f"create table publication.{name} ({columns})")
    connection.executemany(f"insert into publication.{name} values ({', '.join('?' * len(rows[0]))})", rows[::-1])
