"""A printed profile: tagged, in its language, with words for every drawing; and a clear sentence where it cannot be."""

import builtins
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


def test_a_profile_in_print_is_tagged_says_its_language_and_has_words_for_every_drawing(release: Path, tmp_path: Path):
    import pikepdf

    (file,) = print_pages(release / "site", ["es/school/0001/index.html"], tmp_path)
    assert file.name == "es-school-0001.pdf"
    with pikepdf.open(file) as printed:
        root = printed.Root
        assert str(root.Lang) == "es"
        assert bool(root.MarkInfo.Marked)
        figures = parts(root.StructTreeRoot.K, "/Figure")
        assert figures
        assert all(str(figure.get("/Alt", "")).strip() for figure in figures)
        assert len(parts(root.StructTreeRoot.K, "/Table")) > 2
        assert len(parts(root.StructTreeRoot.K, "/H1")) == 1


def test_a_missing_library_of_the_system_is_named_in_a_sentence(tmp_path: Path, monkeypatch):
    real = builtins.__import__

    def without(name: str, *rest: object, **others: object) -> object:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *rest, **others)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingLibraryError, match="Printing needs the library Pango"):
        print_pages(tmp_path, ["en/index.html"], tmp_path / "out")
