"""The hand-over: the published tables, copied out of the warehouse before anything is made of them.

No other module that makes a release can open a warehouse, and this one asks for `publication.pub_*` by name. What a
release is built from is the folder it writes: those tables as Parquet, the methodology pages, the rules of submissions,
and who certified them.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from reports.contents import CERTIFICATIONS, METHODOLOGY, RULES, TABLES, UnpublishableError, columns_of, published


def hand_over(
    warehouse: Path,
    indicators_folder: Path,
    out: Path,
    rules: Path | None = None,
    certifications: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """Write the published tables of a warehouse opened read-only, in the order of their keys, and their pages.

    `rules` is the catalogue of the rules that submissions have to keep, as JSON; it is handed over as it is.
    `certifications` are rows of `reports.certifications.SCHEMA`. Raises UnpublishableError where a table or column is
    not there.
    """
    (out / TABLES).mkdir(parents=True)
    (out / METHODOLOGY).mkdir()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for about in published().values():
            order = [*about.get("order", []), *about["key"]]
            query = (
                f"select {', '.join(columns_of(about))} from publication.{about['source']} order by {', '.join(order)}"
            )
            try:
                table = connection.execute(query).pl()
            except (duckdb.BinderException, duckdb.CatalogException):
                raise UnpublishableError(
                    f"{about['source']} is not as the dictionary has it: the build is of another version of Waymark"
                ) from None
            table.write_parquet(out / TABLES / f"{about['source']}.parquet")
        slugs = connection.execute("select indicator from publication.pub_indicators order by indicator").fetchall()
    for (slug,) in slugs:
        page = indicators_folder / slug / f"{slug}.md"
        for source in (page, *page.parent.glob(f"{slug}.??.md")):
            shutil.copyfile(source, out / METHODOLOGY / source.name)
    if rules:
        shutil.copyfile(rules, out / RULES)
    (out / CERTIFICATIONS).write_text(json.dumps(list(certifications), ensure_ascii=False), encoding="utf-8")
    return out
