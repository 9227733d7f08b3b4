"""The rules of the house: each takes a folder or dbt's manifest and returns sentences, one for each breach.

Nothing is asserted here and no list of exceptions is kept. The tests beside this module assert that a check finds
nothing in the house, and that it finds the fault planted for it.
"""

import ast
import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

ROOMS = (
    "submissions",
    "expectations",
    "dbt_project",
    "methods",
    "reports",
    "orchestration",
    "simulation",
    "tests",
    "benchmarks",
)
PYTHON_ROOMS = tuple(room for room in ROOMS if room not in ("dbt_project", "tests"))
LAYERS = ("accepted", "reference", "staging", "intermediate", "indicators", "marts", "publication")
COMPUTED = ("growth", "estimates")
RANK = {layer: rank for rank, layer in enumerate(LAYERS)} | {"accepted": 1, "reference": 1}
RANK |= dict.fromkeys(COMPUTED, RANK["indicators"])
SECTIONS = ("What it measures", "Who is counted", "How it is computed", "What changed, by year", "Limits")
SPANISH_SECTIONS = ("Qué mide", "A quién se cuenta", "Cómo se calcula", "Qué cambió, por año", "Límites")
FORBIDDEN_NAMES = {"utils", "lib", "common", "helpers", "constants", "config", "scripts"}
GENERATED = {"data", "build", "target", "logs", "dbt_packages", "node_modules", "__pycache__"}
CODE = {".py", ".sql", ".yml", ".yaml", ".md", ".j2", ".html", ".sh"}
INDICATOR_KEYS = (
    "policy_id",
    "school_year",
    "level",
    "entity_id",
    "population",
    "subject",
    "grade_span",
    "measure",
)
SHAPES = {
    "contributions": {"student_id", "numerator", "denominator", "expected"},
    "estimates": {
        "student_group",
        "value",
        "standard_error",
        "interval_low",
        "interval_high",
        "interval_method",
        "unit_count",
        "student_count",
        "completeness",
    },
}
STATISTICS = ("rate", "floored_rate", "mean", "floored_mean", "median", "share", "estimate")
UNITS = ("percent", "score", "points", "days", "years", "count", "ratio", "multiple", "index", "sd", "correlation")
NUMERICS = {"numpy", "scipy", "numba", "highspy"}
ARITHMETIC = {
    "__future__",
    "collections",
    "dataclasses",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "heapq",
    "itertools",
    "math",
    "operator",
    "typing",
}


# ---- the rooms and their modules ----


def rooms_stand(root: Path) -> list[str]:
    """Every room stands at the top level, and nothing else does."""
    found = {folder.name for folder in root.iterdir() if folder.is_dir() and not _is_generated(folder.name)}
    return [f"the room {room} is missing" for room in ROOMS if room not in found] + [
        f"{name} is a folder at the top level but no room of the house" for name in sorted(found - set(ROOMS))
    ]


def no_forbidden_names(root: Path) -> list[str]:
    """Nothing is called by a name that says nothing, and no year has code of its own."""
    sentences = []
    for path in _walk(root):
        name = path.relative_to(root).as_posix()
        if path.stem.lower() in FORBIDDEN_NAMES and (path.is_dir() or path.suffix == ".py"):
            sentences.append(f"{name} has a name that does not say what is inside")
        if path.suffix in CODE and any(_is_year(part) for part in path.relative_to(root).parts[:-1]):
            sentences.append(f"{name} is code in a year's folder; policy by year is rows with dates")
    return sentences


def rooms_introduce_themselves(root: Path) -> list[str]:
    """Every room has a README that says why it is this way, and every module says what lives in it."""
    sentences = []
    for room in ROOMS:
        readme = root / room / "README.md"
        if not readme.is_file():
            sentences.append(f"{room} has no README.md")
        elif "why it is this way" not in readme.read_text().lower():
            sentences.append(f"{room}/README.md does not say why it is this way")
    for path in _python(root, *PYTHON_ROOMS, "tests"):
        if path.read_text().strip() and not ast.get_docstring(_tree(path.read_text())):
            sentences.append(f"{path.relative_to(root)} has no docstring")
    for path in _python(root, *PYTHON_ROOMS):
        if not (path.parent / "__init__.py").is_file():
            sentences.append(f"{path.relative_to(root)} is in no package, so no rule about imports sees it")
    return sentences


def methods_only_compute(root: Path) -> list[str]:
    """Methods import numeric libraries, the arithmetic of the standard library, and one another."""
    return [
        f"{path.relative_to(root)} imports {module}, which is no numeric library"
        for path in _python(root, "methods")
        for module in sorted(_imported(ast.walk(_tree(path.read_text()))))
        if module not in NUMERICS | ARITHMETIC | {"methods"}
    ]


def compiled_code_stands_together(root: Path) -> list[str]:
    """Compiled functions call none of another module: what is stored of the caller holds its old machine code."""
    trees = {path: _tree(path.read_text()) for path in _python(root, "methods")}
    compiled = {
        (".".join(path.relative_to(root).with_suffix("").parts), function.name)
        for path, tree in trees.items()
        for function in _compiled(tree)
    }
    return [
        f"{path.relative_to(root)} compiles {function.name} with {name.name} of {line.module}, whose changes it misses"
        for path, tree in trees.items()
        for line in ast.walk(tree)
        if isinstance(line, ast.ImportFrom)
        for name in line.names
        if (line.module, name.name) in compiled
        for function in _compiled(tree)
        if (name.asname or name.name) in {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    ]


def heavy_imports_wait(root: Path) -> list[str]:
    """Great Expectations takes seconds to import, so only the function that runs it imports it."""
    return [
        f"{path.relative_to(root)} imports great_expectations before anyone asked for it"
        for path in _python(root, *PYTHON_ROOMS)
        if "great_expectations" in _imported(_outside_functions(_tree(path.read_text())))
    ]


def nothing_phones_home(root: Path) -> list[str]:
    """Every tool that can send statistics is told not to."""
    sentences = []
    flags = _yaml(root / "dbt_project" / "dbt_project.yml").get("flags", {})
    if flags.get("send_anonymous_usage_stats") is not False:
        sentences.append("dbt_project.yml leaves dbt's usage statistics on")
    profiles = (root / "dbt_project" / "profiles.yml").read_text()
    if not re.search(r"autoinstall_known_extensions:\s*false", profiles):
        sentences.append("profiles.yml lets DuckDB download extensions")
    written = [
        text for path in _python(root, "orchestration") for text in _strings(path.read_text()) if "telemetry" in text
    ]
    settings = [_mapping(text) for text in written]
    if not any(setting.get("telemetry") == {"enabled": False} for setting in settings):
        sentences.append("orchestration writes no dagster.yaml that turns telemetry off")
    for path in _python(root, *PYTHON_ROOMS):
        code = path.read_text()
        if "import great_expectations" in code and "GX_ANALYTICS_ENABLED" not in code:
            sentences.append(f"{path.relative_to(root)} imports great_expectations without turning its analytics off")
    return sentences


def lock_is_closed(root: Path) -> list[str]:
    """Every locked package is one exact version with a hash, and no line names a place to fetch it from."""
    lock = (root / "requirements.lock").read_text()
    entries = [entry for entry in re.split(r"\n(?=[A-Za-z0-9])", lock) if re.match(r"[A-Za-z0-9]", entry)]
    sentences = [] if entries else ["requirements.lock locks nothing"]
    for entry in entries:
        name = re.match(r"[\w.\[\]-]+", entry).group()
        if not re.match(r"[\w.\[\]-]+==[\w.!+]+", entry):
            sentences.append(f"{name} is locked to no exact version")
        if "--hash=sha256:" not in entry:
            sentences.append(f"{name} is locked without a hash")
    if re.search(r"https?://|git\+|file:", lock):
        sentences.append("requirements.lock names an address")
    if re.search(r"^\s*--(?!hash)", lock, re.MULTILINE):
        sentences.append("requirements.lock carries an option of the installer")
    return sentences


# ---- what the reports read ----


def reports_read_what_is_public(root: Path) -> list[str]:
    """Every query in reports names `publication.pub_…` tables and no others, and no text names a private table."""
    table = r"(?:\w+\.)?(?:stg|int|ind|fct|dim)_\w+"
    private = re.compile(rf"\b(?:{table}|(?:code|policy)_\w+|(?:{'|'.join(LAYERS[:-1])})\.\w+)")
    sentences = []
    for path in _python(root, "reports"):
        read = set()
        for text in _strings(path.read_text()):
            if _is_query(text):
                named = re.findall(r"\b(?:from|join)\s+([^\s(),;]*)", text + " ", re.IGNORECASE)
                read |= {name for name in named if not re.fullmatch(r"publication\.(pub_\w+|\{\})", name)}
                read |= set(private.findall(text))
            elif re.fullmatch(table, text):
                read.add(text)
        sentences += [
            f"{path.relative_to(root)} reads {name or 'a table named elsewhere'}, not a publication.pub_ table"
            for name in sorted(read)
        ]
    return sentences


# ---- dbt's manifest ----


def no_model_reads_a_later_layer(manifest: dict) -> list[str]:
    """Data move one way: publication alone reads the mask, staging alone the accepted files, and what methods computed
    is read by indicators and marts."""
    sentences = []
    for reader, read in _edges(manifest):
        here, there = _layer(reader), _layer(read)
        if there == "disclosure":
            if here != "publication":
                sentences.append(f"{reader['name']} reads the disclosure mask, which only publication may")
        elif there == "accepted":
            if here != "staging":
                sentences.append(f"{reader['name']} reads the accepted {read['name']}, which only staging may")
        elif RANK[there] > RANK[here]:
            sentences.append(f"{reader['name']} ({here}) reads {read['name']}, which comes later ({there})")
    return sentences


def no_indicator_reads_another(manifest: dict) -> list[str]:
    """An indicator stands on the intermediate models and reference, never on another indicator."""
    return [
        f"{reader['name']} reads {read['name']}; indicators stand alone"
        for reader, read in _edges(manifest)
        if _layer(reader) == _layer(read) == "indicators"
    ]


def publication_reads_what_it_may(manifest: dict) -> list[str]:
    """The public tables come from the marts, reference and the mask, and the schema holds `pub_` tables alone."""
    allowed = {"marts", "reference", "disclosure"}
    sentences = [
        f"{reader['name']} reads {read['name']} ({_layer(read)}); publication reads marts, reference and the mask"
        for reader, read in _edges(manifest)
        if _layer(reader) == "publication" and _layer(read) not in allowed
    ]
    for model in _models(manifest):
        if (model["schema"] == "publication") != model["name"].startswith("pub_"):
            sentences.append(
                f"{model['name']} is in the schema {model['schema']}: pub_ tables are there, and only they"
            )
    return sentences


def models_stand_in_their_layer(manifest: dict) -> list[str]:
    """Folder, schema and prefix of a model say the same."""
    prefixes = {
        "reference": ("ref_", "code_"),
        "staging": ("stg_",),
        "intermediate": ("int_",),
        "indicators": ("ind_",),
        "marts": ("fct_", "dim_"),
        "publication": ("pub_",),
    }
    return [
        f"{model['name']} stands in {_layer(model)} with the schema {model['schema']}"
        for model in _models(manifest)
        if model["schema"] != _layer(model) or not model["name"].startswith(prefixes[_layer(model)])
    ]


def indicators_keep_their_contract(manifest: dict) -> list[str]:
    """Every indicator model has an enforced contract in one of the two shapes."""
    sentences = []
    for model in _models(manifest):
        if _layer(model) != "indicators":
            continue
        if not model["config"]["contract"]["enforced"]:
            sentences.append(f"{model['name']} has no enforced contract")
        columns = set(model["columns"])
        missing = [key for key in INDICATOR_KEYS if key not in columns]
        if missing:
            sentences.append(f"{model['name']} lacks the keys {', '.join(missing)}")
        if not any(shape <= columns for shape in SHAPES.values()):
            sentences.append(f"{model['name']} has neither the columns of contributions nor those of estimates")
    return sentences


def indicators_are_tested(manifest: dict) -> list[str]:
    """Every indicator has a unit test, and the tests' names are sentences."""
    tests = list(manifest["unit_tests"].values())
    tested = {test["model"] for test in tests}
    return [
        f"{model['name']} has no unit test"
        for model in _models(manifest)
        if _layer(model) == "indicators" and model["name"] not in tested
    ] + [f"the unit test {test['name']} is not named by a sentence" for test in tests if test["name"].count("_") < 3]


def one_table_of_contents(manifest: dict, root: Path) -> list[str]:
    """The marts read indicators by the table of contents alone, and it names exactly the indicator folders."""
    read = [(reader, node) for reader, node in _edges(manifest) if _layer(node) == "indicators"]
    past = {
        reader["name"]
        for reader, _ in read
        if not re.search(r"\bindicators_with\(|\btable_of_contents\(", reader["raw_code"])
    }
    named = {Path(node["original_file_path"]).parent.name for _, node in read}
    taken = {node["name"] for reader, node in read if reader["name"] == "fct_indicator_medians"}
    medians = {
        model["name"]
        for model in _models(manifest)
        for measure in model["config"]["meta"].get("indicator", {}).get("measures", [])
        if measure["statistic"] == "median"
    }
    folders = {folder.name for folder in _indicator_folders(root)}
    return (
        [f"{reader} reads indicators past the table of contents" for reader in sorted(past)]
        + [f"the table of contents does not name {slug}" for slug in sorted(folders - named)]
        + [f"the table of contents names {slug}, which has no folder" for slug in sorted(named - folders)]
        + [f"the table of contents does not say that {model} asks for a median" for model in sorted(medians - taken)]
    )


def no_star_across_a_layer(manifest: dict) -> list[str]:
    """Whoever reads another model lists the columns."""
    return [
        f"{model['name']} selects * from another model"
        for model in _models(manifest)
        if any(
            _has_star(columns) and re.search(r"\{\{\s*(ref|source)\b", tables) for columns, tables in _selects(model)
        )
    ]


def policy_is_rows(manifest: dict, root: Path) -> list[str]:
    """Policy is dated rows: no dbt variable and no comparison with a year written in a model."""
    sentences = []
    if _yaml(root / "dbt_project" / "dbt_project.yml").get("vars"):
        sentences.append("dbt_project.yml holds vars; policy is rows with dates")
    for node in [*_models(manifest), *manifest["macros"].values()]:
        code = _without_comments(node.get("raw_code") or node.get("macro_sql") or "")
        if node.get("package_name") != "waymark":
            continue
        if re.search(r"\bvar\(", code):
            sentences.append(f"{node['name']} reads a dbt variable; policy is rows with dates")
        if re.search(r"\bschool_year\s*(=|<>|!=|<=?|>=?|in\s*\(|between)\s*(19|20)\d\d\b", code, re.IGNORECASE):
            sentences.append(f"{node['name']} compares the school year with a year; policy is rows with dates")
    return sentences


def policies_are_complete(manifest: dict, root: Path) -> list[str]:
    """Every column that a policy must fill (config.meta.required) is filled in every row of its csv."""
    sentences = []
    for seed in (node for node in manifest["nodes"].values() if node["resource_type"] == "seed"):
        required = [name for name, column in seed["columns"].items() if column["config"]["meta"].get("required")]
        with (root / "dbt_project" / seed["original_file_path"]).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        sentences += [
            f"{seed['name']} has a row without {name}" for name in required if not all(row.get(name) for row in rows)
        ]
    return sentences


def code_sets_stand_once(root: Path) -> list[str]:
    """No code set has a blank code, or one code twice."""
    sentences = []
    for path in sorted((root / "dbt_project" / "models" / "reference").glob("code_*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            codes = [row["code"] for row in csv.DictReader(file)]
        if not all(codes) or len(set(codes)) < len(codes):
            sentences.append(f"{path.name} lists a blank code, or one code twice")
    return sentences


def seeds_are_read(manifest: dict) -> list[str]:
    """A code set is loaded where a model or a test of another seed reads it; a file of policy always."""
    read = {
        there
        for node in manifest["nodes"].values()
        for there in node.get("depends_on", {}).get("nodes", [])
        if node["resource_type"] == "model" or there != node.get("attached_node")
    }
    return [
        f"{node['name']} is read by no model; set enabled: false, so that no build loads it"
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "seed" and node["name"].startswith("code_") and name not in read
    ]


def staging_loses_nothing(manifest: dict) -> list[str]:
    """The test that counts accepted rows again in staging counts those of every collection."""
    counted = manifest["nodes"]["test.waymark.no_accepted_row_is_lost_in_staging"]["depends_on"]["nodes"]
    return [
        f"no_accepted_row_is_lost_in_staging does not count {model['name']}"
        for model in _models(manifest)
        if _layer(model) == "staging" and model["unique_id"] not in counted
    ]


# ---- one indicator, one folder ----


def indicator_folders_are_complete(root: Path) -> list[str]:
    """Each indicator's folder holds its page, its policy, its formula and its label, and nothing else."""
    sentences = []
    for folder in _indicator_folders(root):
        slug = folder.name
        required = {f"{slug}.md", f"{slug}.es.md", f"policy_{slug}.csv", f"ind_{slug}.sql", f"{slug}.yml"}
        present = {path.name for path in folder.iterdir()}
        sentences += [f"{slug} has no {name}" for name in sorted(required - present)]
        sentences += [
            f"{slug} holds {name}, which is foreign to it"
            for name in sorted(present - required - {f"ind_{slug}_estimates.sql"})
        ]
        if f"{slug}.md" in present:
            sentences += _page_breaches(slug, (folder / f"{slug}.md").read_text())
        if {f"{slug}.md", f"{slug}.es.md"} <= present:
            sentences += _translation_breaches(
                slug, *((folder / f"{slug}{end}").read_text() for end in (".md", ".es.md"))
            )
        if f"policy_{slug}.csv" in present:
            sentences += _policy_breaches(slug, folder / f"policy_{slug}.csv")
        for name in sorted(present & {f"ind_{slug}.sql", f"ind_{slug}_estimates.sql"}):
            lines = len((folder / name).read_text().splitlines())
            sentences += [f"{name} has {lines} lines; sixty are enough"] if lines > 60 else []
        if f"{slug}.yml" in present:
            sentences += _label_breaches(slug, _yaml(folder / f"{slug}.yml"))
    return sentences


def _page_breaches(slug: str, page: str) -> Iterator[str]:
    lines = page.strip().splitlines()
    if lines[:1] != [f"{{% docs {slug} %}}"] or lines[-1] != "{% enddocs %}":
        yield f"{slug}.md is not one doc block named {slug}"
    if re.findall(r"^## (.+)$", page, re.MULTILINE) != list(SECTIONS):
        yield f"{slug}.md does not have the five sections: {' · '.join(SECTIONS)}"
    for title, text in re.findall(r"^## (.+)\n((?:(?!^## |^\{% enddocs).*\n?)*)", page, re.MULTILINE):
        if not text.strip():
            yield f"{slug}.md says nothing under {title}"


def _translation_breaches(slug: str, page: str, spanish: str) -> Iterator[str]:
    """The Spanish page says who reviewed it, and has the sections, columns, numbers and parts of the English one."""
    name = f"{slug}.es.md"
    head = re.match(r"---\nreviewed_by:(.*)\nreviewed_at:(.*)\n---\n", spanish)
    if not head:
        yield f"{name} does not begin with reviewed_by and reviewed_at"
        return
    if bool(head[1].strip()) != bool(head[2].strip()):
        yield f"{name} names a reviewer without a date, or a date without a reviewer"
    spanish = spanish[head.end() :]
    page = re.sub(r"^\{%.*%\}$", "", page, flags=re.MULTILINE)
    if re.findall(r"^## (.+)$", spanish, re.MULTILINE) != list(SPANISH_SECTIONS):
        yield f"{name} does not have the five sections: {' · '.join(SPANISH_SECTIONS)}"
        return
    for what, found in (("columns", _columns), ("numbers", _numbers), ("parts", _parts)):
        if found(page) != found(spanish):
            yield f"{name} does not have the {what} of {slug}.md: {found(page)}, and not {found(spanish)}"


def _columns(page: str) -> list[str]:
    """The columns of the policy that a page names."""
    return sorted({one or other for one, other in re.findall(r"`([^`]+)`|\b([a-z]+(?:_[a-z]+)+)\b", page)})


def _numbers(page: str) -> list[str]:
    """The numbers of a page, without those that count the items of a list."""
    page = re.sub(r"^\s*\d+\. |`[^`]*`|\w+_\w+", "", page, flags=re.MULTILINE)
    return sorted(re.findall(r"\d+(?:[.,]\d+)*", page))


def _parts(page: str) -> list[tuple[int, int]]:
    """How many paragraphs and items each section has."""
    sections = page.split("\n## ")[1:]
    return [(len(re.findall(r"\n\n(?=\S)", one)), len(re.findall(r"^\s*(?:-|\d+\.) ", one, re.M))) for one in sections]


def _policy_breaches(slug: str, path: Path) -> Iterator[str]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    missing = {"policy_id", "first_school_year", "last_school_year", "authority"} - set(rows[0] if rows else ())
    if missing:
        yield f"policy_{slug}.csv lacks {', '.join(sorted(missing))}"
    elif not all((row["authority"] or "").strip() for row in rows):
        yield f"policy_{slug}.csv has a number that nobody set: the authority is blank"


def _label_breaches(slug: str, properties: dict) -> Iterator[str]:
    models = {model["name"]: model for model in properties.get("models", [])}
    if f"ind_{slug}" not in models:
        yield f"{slug}.yml does not describe ind_{slug}"
        return
    model = models[f"ind_{slug}"]
    label = model.get("config", {}).get("meta", {}).get("indicator", {})
    if label.get("id") != slug:
        yield f"{slug}.yml labels {label.get('id')}, not {slug}"
    if not re.search(rf"doc\(['\"]{slug}['\"]\)", model.get("description", "")):
        yield f"{slug}.yml does not describe the model by its page"
    for name in ("label", "question", "in_short", "misuse"):
        if not all((label.get(name) or {}).get(language) for language in ("en", "es")):
            yield f"{slug}.yml has no {name} in English and Spanish"
    for name in ("unit", "better", "collections", "use_class", "claims"):
        if not label.get(name):
            yield f"{slug}.yml has no {name}"
    if not isinstance(label.get("decimals"), int):
        yield f"{slug}.yml does not say how many decimals are shown"
    measures = label.get("measures") or []
    if not measures:
        yield f"{slug}.yml names no measure"
    for measure in measures:
        if not all((measure.get("label") or {}).get(language) for language in ("en", "es")):
            yield f"{slug}.yml has a measure without a label in English and Spanish: {measure.get('id')}"
        if measure.get("statistic") not in STATISTICS:
            yield f"{slug}.yml has a measure whose statistic is none of {', '.join(STATISTICS)}: {measure.get('id')}"
        unit = measure.get("unit", label.get("unit"))
        if unit not in UNITS:
            yield f"{slug}.yml has a measure whose unit is none of {', '.join(UNITS)}: {measure.get('id')}"
        if (unit == "percent") != str(measure.get("id")).startswith("percent_"):
            yield f"{slug}.yml: measures that start with percent_ are percents, and only they: {measure.get('id')}"


# ---- reading the house ----


def _is_generated(name: str) -> bool:
    return name.startswith(".") or name in GENERATED or name.endswith(".egg-info")


def _is_year(name: str) -> bool:
    return re.fullmatch(r"(19|20)\d\d([-_](19|20)?\d\d)?", name) is not None


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if not _is_generated(path.name):
            yield path
            if path.is_dir():
                yield from _walk(path)


def _python(root: Path, *rooms: str) -> Iterator[Path]:
    for room in rooms:
        if (root / room).is_dir():
            yield from (path for path in _walk(root / room) if path.suffix == ".py")


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _outside_functions(child)


def _compiled(tree: ast.Module) -> list[ast.FunctionDef]:
    """List the functions that a decorator njit(...) compiles."""
    return [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(one, ast.Call) and getattr(one.func, "id", "") == "njit" for one in node.decorator_list)
    ]


def _imported(nodes: Iterator[ast.AST]) -> set[str]:
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").split(".")[0])
    return names


# What is the same in every copy of the house is understood once.


@cache
def _tree(code: str) -> ast.Module:
    return ast.parse(code)


@cache
def _strings(code: str) -> tuple[str, ...]:
    """The texts of a module, docstrings left out; what is filled in at run time reads as {}."""
    nodes = list(ast.walk(_tree(code)))
    joined = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    apart = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    apart |= {id(part) for node in joined for part in ast.walk(node)} - {id(node) for node in joined}
    return tuple(
        "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        if isinstance(node, ast.JoinedStr)
        else node.value
        for node in nodes
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart)
    )


def _is_query(text: str) -> bool:
    return (
        re.search(r"^\s*(with|select|from|copy|create|insert)\b[\s\S]*\b(from|select)\b", text, re.IGNORECASE)
        is not None
    )


def _yaml(path: Path) -> dict:
    return _understood(path.read_text())


@cache
def _understood(text: str) -> dict:
    """Read YAML with the parser that dbt uses; the other one is stricter about question marks in labels."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}


def _mapping(text: str) -> dict:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return content if isinstance(content, dict) else {}


def _indicator_folders(root: Path) -> list[Path]:
    folder = root / "dbt_project" / "models" / "indicators"
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _models(manifest: dict) -> list[dict]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def _layer(node: dict) -> str:
    if node["resource_type"] == "source":
        return node["source_name"]
    if node["resource_type"] == "seed":
        return "reference"
    return Path(node["original_file_path"]).parts[1]


def _edges(manifest: dict) -> Iterator[tuple[dict, dict]]:
    known = manifest["nodes"] | manifest["sources"]
    for model in _models(manifest):
        for name in model["depends_on"]["nodes"]:
            yield model, known[name]


def _without_comments(sql: str) -> str:
    return re.sub(r"\{#.*?#\}|--[^\n]*|/\*.*?\*/", " ", sql, flags=re.DOTALL)


def _selects(model: dict) -> list[tuple[str, str]]:
    """Each select of a model as (what it selects, from where), as far as the next select."""
    sql = _without_comments(model["raw_code"])
    return re.findall(
        r"\bselect\b((?:(?!\bselect\b).)*?)\bfrom\b((?:(?!\bselect\b).)*)", sql, re.DOTALL | re.IGNORECASE
    )


def _has_star(columns: str) -> bool:
    return (
        re.search(r"(^|,|\bdistinct\b)\s*(\w+\.)?\*\s*($|,|\bexclude\b|\breplace\b)", columns.strip(), re.IGNORECASE)
        is not None
    )
