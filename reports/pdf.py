"""Profiles as tagged PDF (PDF/UA-1), printed from the pages of a release.

WeasyPrint needs libraries of the system, so it is imported by the function that prints, which says what is missing.
"""

from collections.abc import Iterable
from pathlib import Path

STYLE = """
@page { size: letter; margin: 18mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt } }
.top, .crumbs, .onpage, .tools, .files, .foot nav, .skip, .search, button, summary { display: none }
.further:not([open]) { display: none }
.trend, .spark { display: none !important }
body { font-size: 9pt } h1 { font-size: 20pt } h2 { font-size: 13pt } h3 { font-size: 11pt } .big { font-size: 15pt }
.pair { display: block } .scroll { overflow: visible } .chart svg { max-width: 400px } table { font-size: 7.5pt }
th, td { padding: 2pt 4pt } .topic { margin-top: 14pt } .inshort p { font-size: 10pt } figure { break-inside: auto }
"""


class MissingLibraryError(RuntimeError):
    """Say which library of the system printing needs."""


def print_pages(site: Path, pages: Iterable[str], out: Path) -> list[Path]:
    """Print pages of a site, named by their paths, each into `<out>/<path of its folder, with dashes>.pdf`."""
    try:
        from weasyprint import CSS, HTML
    except OSError as error:
        raise MissingLibraryError(
            "Printing needs the library Pango of this system, and it was not found. On Debian and Ubuntu install "
            f"libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0, then run again. ({error})"
        ) from None
    out.mkdir(parents=True, exist_ok=True)
    written, style = [], CSS(string=STYLE)
    for page in pages:
        target = out / f"{page.removesuffix('/index.html').replace('/', '-')}.pdf"
        HTML(filename=str(site / page)).write_pdf(target, stylesheets=[style], pdf_variant="pdf/ua-1")
        written.append(target)
    return written
