"""Printed profiles: tagged, in its language, with words for every drawing; and a clear sentence where it cannot be."""

import builtins
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.pdf import MissingLibraryError, print_pages


def parts(node: object, kind: str) -> list:
    """Give the parts of the structure of a PDF that are of a kind."""
    import pikepdf

    if isinstance(node, pikepdf.Array):
        return [part for child in node for part in parts(child, kind)]
    if not isinstance(node, pikepdf.Dictionary):
        return []
    own = [node] if str(node.get("/S", "")) == kind else []
    return own + (parts(node.K, kind) if "/K" in node else [])


def tags_in_print(element) -> Iterator[str]:
    """Give the tags of a page that are printed: tables behind a closed heading stay on the page."""
    is_closed = element.tag == "details" and "further" in element.get("class", "") and element.get("open") is None
    if is_closed or not isinstance(element.tag, str):
        return
    yield "picture" if element.get("role") == "img" else element.tag
    for child in element:
        yield from tags_in_print(child)


PAGES = ("en/district/0100", "es/state")


@pytest.fixture(scope="module")
def printed(release: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A district and the state in print."""
    files = print_pages(release / "site", [f"{page}/index.html" for page in PAGES], tmp_path_factory.mktemp("printed"))
    return dict(zip(PAGES, files, strict=True))


@pytest.mark.parametrize("page", PAGES)
def test_a_profile_in_print_is_tagged_says_its_language_and_has_words_for_every_drawing(
    page: str, printed: dict[str, Path], release: Path
):
    import html5lib
    import pikepdf

    assert printed[page].name == f"{page.replace('/', '-')}.pdf"
    html = (release / "site" / page / "index.html").read_text(encoding="utf-8")
    shown = Counter(tags_in_print(html5lib.HTMLParser(namespaceHTMLElements=False).parse(html)))
    with pikepdf.open(printed[page]) as file:
        root = file.Root
        assert str(root.Lang) == page[:2]
        assert bool(root.MarkInfo.Marked)
        figures = parts(root.StructTreeRoot.K, "/Figure")
        assert len(figures) == shown["picture"] > 1
        assert all(str(figure.get("/Alt", "")).strip() for figure in figures)
        # What repeats its heads over pages is tagged more than once, and parts of a table within it again.
        headed = [table for table in parts(root.StructTreeRoot.K, "/Table") if parts(table, "/TH")]
        assert len(headed) >= shown["table"] > 2
        assert len(parts(root.StructTreeRoot.K, "/H1")) == 1
        assert len(parts(root.StructTreeRoot.K, "/H2")) == shown["h2"]
        with file.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"]


def test_a_missing_library_of_the_system_is_named_in_a_sentence(tmp_path: Path, monkeypatch):
    real = builtins.__import__

    def without(name: str, *rest: object, **others: object) -> object:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *rest, **others)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingLibraryError, match="Printing needs the library Pango"):
        print_pages(tmp_path, ["en/index.html"], tmp_path / "out")
