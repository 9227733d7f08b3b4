"""The tests of the tests: a fault is planted in a copy of the house, and its check must find and name it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import house
import pytest

INDICATOR = "academic_achievement"
FOLDER = f"dbt_project/models/indicators/{INDICATOR}"


def write(path: str, text: str) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    return plant


def add(path: str, text: str) -> Callable[[Path], None]:
    return lambda root: write(path, (root / path).read_text() + text)(root)


def replace(path: str, old: str, new: str) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        text = (root / path).read_text()
        assert old in text, f"{path} no longer holds {old!r}, so nothing is planted"
        (root / path).write_text(text.replace(old, new, 1))

    return plant


def remove(path: str) -> Callable[[Path], None]:
    return lambda root: (root / path).unlink()


PLANTED_IN_FILES = [
    (house.rooms_stand, write("shared/__init__.py", ""), "shared is a folder at the top level"),
    (house.rooms_stand, lambda root: (root / "methods").rename(root / "math"), "the room methods is missing"),
    (house.no_forbidden_names, write("submissions/helpers.py", ""), "submissions/helpers.py"),
    (house.no_forbidden_names, write("reports/utils/charts.py", ""), "reports/utils"),
    (house.no_forbidden_names, write("dbt_project/models/marts/2025/fct_late.sql", ""), "a year's folder"),
    (house.no_forbidden_names, write("reports/2024-25/page.py", ""), "a year's folder"),
    (house.rooms_introduce_themselves, remove("expectations/README.md"), "expectations has no README.md"),
    (house.rooms_introduce_themselves, write("reports/README.md", "# Reports\n"), "why it is this way"),
    (
        house.rooms_introduce_themselves,
        write("methods/growth.py", "import numpy\n"),
        "methods/growth.py has no docstring",
    ),
    (house.rooms_introduce_themselves, write("methods/new/growth.py", '"""Growth."""\n'), "is in no package"),
    (house.methods_only_compute, write("methods/growth.py", "from pathlib import Path\n"), "imports pathlib"),
    (house.methods_only_compute, write("methods/growth.py", "def f():\n    import duckdb\n"), "imports duckdb"),
    (
        house.compiled_code_stands_together,
        add(
            "methods/disclosure/moves.py",
            "\nfrom methods.disclosure.search import show\n\n\n@njit(**FAST)\ndef f(a, b):\n    show(a, b)\n",
        ),
        "compiles f with show of methods.disclosure.search",
    ),
    (
        house.heavy_imports_wait,
        add("expectations/releases/publication.py", "\nimport great_expectations\n"),
        "expectations/releases/publication.py",
    ),
    (
        house.nothing_phones_home,
        replace("dbt_project/dbt_project.yml", "send_anonymous_usage_stats: false", "send_anonymous_usage_stats: true"),
        "usage statistics",
    ),
    (
        house.nothing_phones_home,
        replace(
            "dbt_project/profiles.yml", "autoinstall_known_extensions: false", "autoinstall_known_extensions: true"
        ),
        "download extensions",
    ),
    (
        house.nothing_phones_home,
        replace("orchestration/settings.py", "telemetry: {enabled: false}", "telemetry: {enabled: true}"),
        "turns telemetry off",
    ),
    (
        house.nothing_phones_home,
        replace("expectations/releases/publication.py", 'os.environ["GX_ANALYTICS_ENABLED"] = "false"', "pass"),
        "analytics",
    ),
    (house.lock_is_closed, add("requirements.lock", "\nrequests==2.0\n"), "requests is locked without a hash"),
    (
        house.lock_is_closed,
        add("requirements.lock", "\nrequests>=2 --hash=sha256:00\n"),
        "requests is locked to no exact",
    ),
    (house.lock_is_closed, add("requirements.lock", "\n--index-url https://example.org/simple\n"), "names an address"),
    (house.lock_is_closed, add("requirements.lock", "\n--index-url=mirror\n"), "option of the installer"),
    (
        house.reports_read_what_is_public,
        write("reports/extra.py", 'QUERY = "select value from marts.fct_indicator_results"\n'),
        "reads marts.fct_indicator_results",
    ),
    (
        house.reports_read_what_is_public,
        write(
            "reports/extra.py",
            'QUERY = f"select {x} from publication.pub_levels join staging.stg_student using (id)"\n',
        ),
        "reads staging.stg_student",
    ),
    (
        house.reports_read_what_is_public,
        write("reports/extra.py", 'QUERY = "select value from " + table\n'),
        "a table named elsewhere",
    ),
    (
        house.reports_read_what_is_public,
        write("reports/extra.py", 'QUERY = f"select value from {table}"\n'),
        "reads {}",
    ),
    (
        house.reports_read_what_is_public,
        write("reports/extra.py", 'TABLE = connection.table("marts.fct_indicator_results")\n'),
        "reads marts.fct_indicator_results",
    ),
    (house.indicator_folders_are_complete, remove(f"{FOLDER}/{INDICATOR}.md"), f"has no {INDICATOR}.md"),
    (
        house.indicator_folders_are_complete,
        remove(f"{FOLDER}/policy_{INDICATOR}.csv"),
        f"has no policy_{INDICATOR}.csv",
    ),
    (house.indicator_folders_are_complete, remove(f"{FOLDER}/{INDICATOR}.yml"), f"has no {INDICATOR}.yml"),
    (house.indicator_folders_are_complete, remove(f"{FOLDER}/ind_{INDICATOR}.sql"), f"has no ind_{INDICATOR}.sql"),
    (house.indicator_folders_are_complete, write(f"{FOLDER}/notes.txt", ""), "foreign"),
    (house.indicator_folders_are_complete, add(f"{FOLDER}/ind_{INDICATOR}.sql", "\n" * 60), "sixty are enough"),
    (
        house.indicator_folders_are_complete,
        replace(f"{FOLDER}/{INDICATOR}.md", "## Limits", "## Caveats"),
        "does not have the five sections",
    ),
    (
        house.indicator_folders_are_complete,
        replace(f"{FOLDER}/{INDICATOR}.md", "{% enddocs %}", "## Limits\n{% enddocs %}"),
        "says nothing under Limits",
    ),
    (house.indicator_folders_are_complete, remove(f"{FOLDER}/{INDICATOR}.es.md"), f"has no {INDICATOR}.es.md"),
    (
        house.indicator_folders_are_complete,
        replace(f"{FOLDER}/{INDICATOR}.es.md", "reviewed_by:\n", ""),
        "does not begin with reviewed_by and reviewed_at",
    ),
    (
        house.indicator_folders_are_complete,
        replace(f"{FOLDER}/{INDICATOR}.es.md", "reviewed_by:\n", "reviewed_by: Ana Ruiz\n"),
        "names a reviewer without a date",
    ),
    (
        house.indicator_folders_are_complete,
        replace(f"{FOLDER}/{INDICATOR}.es.md", "## Límites", "## Advertencias"),
        f"{INDICATOR}.es.md does not have the five sections",
    ),
    (
        house.indicator_folders_are_complete,
        replace("dbt_project/models/indicators/pace/pace.es.md", "days_in_a_month", "days_in_a_year"),
        "pace.es.md does not have the columns",
    ),
    (
        house.indicator_folders_are_complete,
        replace(f"{FOLDER}/{INDICATOR}.es.md", "2018", "2017"),
        f"{INDICATOR}.es.md does not have the numbers",
    ),
    (
        house.indicator_folders_are_complete,
        replace(f"{FOLDER}/{INDICATOR}.es.md", "- No lo use para", "No lo use para"),
        f"{INDICATOR}.es.md does not have the parts",
    ),
    (
        house.indicator_folders_are_complete,
        replace(f"{FOLDER}/{INDICATOR}.md", "{% docs academic", "{% docs an_academic"),
        "is not one doc block",
    ),
    (
        house.indicator_folders_are_complete,
        add(f"{FOLDER}/policy_{INDICATOR}.csv", "essa_baseline,state,2100,2101\n"),
        "the authority is blank",
    ),
    (
        house.indicator_folders_are_complete,
        replace(f"{FOLDER}/{INDICATOR}.yml", f"id: {INDICATOR}", "id: achievement"),
        "labels achievement",
    ),
    (house.indicator_folders_are_complete, replace(f"{FOLDER}/{INDICATOR}.yml", "claims:", "clams:"), "no claims"),
    (
        house.indicator_folders_are_complete,
        replace(f"{FOLDER}/{INDICATOR}.yml", "label:", "name:"),
        "no label in English",
    ),
    (
        house.indicator_folders_are_complete,
        replace(f"{FOLDER}/{INDICATOR}.yml", "decimals:", "places:"),
        "how many decimals",
    ),
    (
        house.indicator_folders_are_complete,
        replace(f"{FOLDER}/{INDICATOR}.yml", "id: percent_", "id: share_"),
        "percent_",
    ),
    (
        house.indicator_folders_are_complete,
        replace(f"{FOLDER}/{INDICATOR}.yml", f"doc('{INDICATOR}')", "doc('another')"),
        "does not describe the model by its page",
    ),
]


def by_name(fault: tuple) -> str:
    return f"{fault[0].__name__}: {fault[2]}"


@pytest.mark.parametrize("fault", PLANTED_IN_FILES, ids=by_name)
def test_a_fault_planted_in_a_file_is_found(fault: tuple, copy: Path) -> None:
    check, plant, words = fault
    before = check(copy)
    plant(copy)
    assert any(words in sentence for sentence in set(check(copy)) - set(before))


# ---- faults planted in what dbt understands ----


def model(manifest: dict, name: str) -> dict:
    return manifest["nodes"][f"model.waymark.{name}"]


def reads(reader: str, read: str) -> Callable[[dict], None]:
    return lambda manifest: model(manifest, reader)["depends_on"]["nodes"].append(read)


def says(name: str, sql: str) -> Callable[[dict], None]:
    return lambda manifest: model(manifest, name).update(raw_code=sql)


def forget_the_unit_tests(manifest: dict) -> None:
    manifest["unit_tests"] = {
        key: test for key, test in manifest["unit_tests"].items() if test["model"] != f"ind_{INDICATOR}"
    }


def name_a_unit_test_badly(manifest: dict) -> None:
    next(iter(manifest["unit_tests"].values()))["name"] = "test_1"


def loosen_the_contract(manifest: dict) -> None:
    model(manifest, f"ind_{INDICATOR}")["config"]["contract"]["enforced"] = False


PLANTED_IN_MANIFEST = [
    (
        house.no_model_reads_a_later_layer,
        reads("stg_student", "model.waymark.fct_indicator_results"),
        "stg_student (staging) reads fct_indicator_results, which comes later (marts)",
    ),
    (
        house.no_model_reads_a_later_layer,
        reads(f"ind_{INDICATOR}", "model.waymark.fct_indicator_results"),
        "which comes later (marts)",
    ),
    (
        house.no_model_reads_a_later_layer,
        reads("fct_indicator_results", "source.waymark.disclosure.disclosure_mask"),
        "reads the disclosure mask",
    ),
    (house.no_model_reads_a_later_layer, reads("int_students", "source.waymark.accepted.student"), "only staging may"),
    (
        house.no_indicator_reads_another,
        reads(f"ind_{INDICATOR}", "model.waymark.ind_test_participation"),
        f"ind_{INDICATOR} reads ind_test_participation",
    ),
    (
        house.publication_reads_what_it_may,
        reads("pub_indicator_results", "model.waymark.int_students"),
        "pub_indicator_results reads int_students (intermediate)",
    ),
    (
        house.publication_reads_what_it_may,
        lambda manifest: model(manifest, "dim_measure").update(schema="publication"),
        "dim_measure is in the schema publication",
    ),
    (
        house.models_stand_in_their_layer,
        lambda manifest: model(manifest, "stg_student").update(schema="marts"),
        "stg_student stands in staging with the schema marts",
    ),
    (house.indicators_keep_their_contract, loosen_the_contract, f"ind_{INDICATOR} has no enforced contract"),
    (
        house.indicators_keep_their_contract,
        lambda manifest: model(manifest, f"ind_{INDICATOR}")["columns"].pop("policy_id"),
        "lacks the keys policy_id",
    ),
    (
        house.indicators_keep_their_contract,
        lambda manifest: model(manifest, f"ind_{INDICATOR}")["columns"].pop("expected"),
        "neither the columns of contributions nor those of estimates",
    ),
    (
        house.seeds_are_read,
        lambda manifest: manifest["nodes"].update({"seed.planted": {"resource_type": "seed", "name": "code_planted"}}),
        "code_planted is read by no model",
    ),
    (
        house.staging_loses_nothing,
        lambda manifest: manifest["nodes"]["test.waymark.no_accepted_row_is_lost_in_staging"]["depends_on"][
            "nodes"
        ].remove("model.waymark.stg_student"),
        "does not count stg_student",
    ),
    (house.indicators_are_tested, forget_the_unit_tests, f"ind_{INDICATOR} has no unit test"),
    (house.indicators_are_tested, name_a_unit_test_badly, "test_1 is not named by a sentence"),
    (
        house.no_star_across_a_layer,
        says("int_students", "with s as (select * from {{ ref('stg_student') }}) select a from s"),
        "int_students selects *",
    ),
    (
        house.no_star_across_a_layer,
        says("int_students", "select b.a, s.* from b join {{ ref('stg_student') }} as s using (a)"),
        "int_students selects *",
    ),
]


@pytest.mark.parametrize("fault", PLANTED_IN_MANIFEST, ids=by_name)
def test_a_fault_planted_in_the_project_is_found(fault: tuple, doctored: dict) -> None:
    check, plant, words = fault
    before = check(doctored)
    plant(doctored)
    assert any(words in sentence for sentence in set(check(doctored)) - set(before))


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*), a * b from {{ ref('stg_student') }} group by a, b",
        "with s as (select a from {{ ref('stg_student') }}) select * from s",
        "with s as (select a from {{ ref('x') }}), t as (select s.*, 1 as one from s) select a from {{ ref('y') }}",
    ],
)
def test_a_star_within_a_model_is_no_fault(sql: str, doctored: dict) -> None:
    says("int_students", sql)(doctored)
    assert house.no_star_across_a_layer(doctored) == []


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("select {{ var('minimum_n') }} as minimum", "reads a dbt variable"),
        ("select 1 as one where school_year >= 2025", "compares the school year with a year"),
        ("select case when a.school_year in (2020, 2021) then 1 end as one", "compares the school year with a year"),
    ],
)
def test_policy_planted_in_a_model_is_found(sql: str, words: str, doctored: dict, checkout: Path) -> None:
    says("int_students", sql)(doctored)
    assert any(f"int_students {words}" in sentence for sentence in house.policy_is_rows(doctored, checkout))


def test_policy_planted_in_the_vars_of_dbt_is_found(copy: Path, manifest: dict) -> None:
    add("dbt_project/dbt_project.yml", "\nvars: {minimum_n: 10}\n")(copy)
    assert any("vars" in sentence for sentence in house.policy_is_rows(manifest, copy))


def test_a_blank_number_in_a_policy_is_found(copy: Path, manifest: dict) -> None:
    policy = copy / f"dbt_project/models/indicators/{INDICATOR}/policy_{INDICATOR}.csv"
    header, first, *rest = policy.read_text().splitlines()
    policy.write_text("\n".join([header, "," + first.split(",", 1)[1], *rest]) + "\n")
    assert house.policies_are_complete(manifest, copy) == [f"policy_{INDICATOR} has a row without policy_id"]


@pytest.mark.parametrize("code", ["", "ESL"])
def test_a_code_that_is_blank_or_repeated_is_found(copy: Path, code: str) -> None:
    reference = copy / "dbt_project/models/reference"
    (reference / "code_planted.csv").write_text(f"code,label_en\nESL,English\n{code},French\n")
    assert house.code_sets_stand_once(copy) == ["code_planted.csv lists a blank code, or one code twice"]


def test_a_folder_that_the_table_of_contents_forgets_is_found(copy: Path, manifest: dict) -> None:
    (copy / "dbt_project/models/indicators/made_up").mkdir()
    assert "the table of contents does not name made_up" in house.one_table_of_contents(manifest, copy)


def test_a_name_in_the_table_of_contents_without_a_folder_is_found(copy: Path, manifest: dict) -> None:
    (copy / FOLDER).rename(copy / "dbt_project/elsewhere")
    assert f"the table of contents names {INDICATOR}, which has no folder" in house.one_table_of_contents(
        manifest, copy
    )


def test_a_median_that_the_table_of_contents_forgets_is_found(doctored: dict, checkout: Path) -> None:
    model(doctored, f"ind_{INDICATOR}")["config"]["meta"]["indicator"]["measures"][0]["statistic"] = "median"
    found = house.one_table_of_contents(doctored, checkout)
    assert found == [f"the table of contents does not say that ind_{INDICATOR} asks for a median"]


def test_a_second_table_of_contents_is_found(doctored: dict, checkout: Path) -> None:
    reads("dim_measure", f"model.waymark.ind_{INDICATOR}")(doctored)
    found = house.one_table_of_contents(doctored, checkout)
    assert "dim_measure reads indicators past the table of contents" in found


# ---- faults planted in imports ----

PLANTED_IMPORTS = [
    ("methods/planted.py", "import orchestration.cli", "Dependencies point one way, and nothing imports orchestration"),
    ("expectations/planted.py", "from submissions import store", "Dependencies point one way"),
    ("reports/planted.py", "import submissions.store", "Dependencies point one way"),
    ("reports/planted.py", "from expectations import codes", "Only submissions and orchestration ask"),
    ("expectations/planted.py", "import dagster", "The rooms know neither Dagster nor dbt"),
    (
        "submissions/planted.py",
        "def later():\n    from dbt.cli.main import dbtRunner",
        "The rooms know neither Dagster nor dbt",
    ),
    ("reports/release.py", "import duckdb", "What makes a release cannot open a warehouse"),
    ("expectations/planted.py", "import duckdb", "Expectations open no database and no connection"),
    (
        "orchestration/defs/planted.py",
        "from orchestration.defs import intake",
        "Modules that define assets never import",
    ),
]


@pytest.mark.parametrize(("path", "line", "contract"), PLANTED_IMPORTS, ids=lambda value: value.split("\n")[0])
def test_a_planted_import_breaks_its_contract(path: str, line: str, contract: str, copy: Path) -> None:
    write(path, f'"""A fault."""\n{line}\n')(copy)
    command = [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    broken = [line for line in done.stdout.splitlines() if line.endswith(" BROKEN")]
    assert done.returncode == 1
    assert any(line.startswith(contract) for line in broken), done.stdout


# ---- a browser that is not there ----


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped"), ("true", "1 error")])
def test_without_chromium_a_browser_test_skips_and_under_ci_it_fails(
    ci: str, outcome: str, checkout: Path, tmp_path: Path
) -> None:
    (tmp_path / "conftest.py").write_text((checkout / "tests" / "conftest.py").read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser\n")
    (tmp_path / "test_page.py").write_text(
        "import pytest\n\n@pytest.mark.browser\ndef test_page(chromium):\n    pass\n"
    )
    nothing_installed = {"PATH": str(tmp_path), "HOME": str(tmp_path), "CI": ci}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, env=nothing_installed, capture_output=True, text=True)
    assert outcome in done.stdout


def test_missing_development_data_stay_a_skip_under_ci(checkout: Path, tmp_path: Path) -> None:
    """The copy of conftest.py stands where no development data are beside it."""
    (tmp_path / "conftest.py").write_text((checkout / "tests" / "conftest.py").read_text())
    (tmp_path / "test_data.py").write_text("def test_data(sgpdata):\n    pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, env={"PATH": "", "CI": "true"}, capture_output=True, text=True)
    assert "1 skipped" in done.stdout
