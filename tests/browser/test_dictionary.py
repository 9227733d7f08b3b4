"""The data dictionary can be read by everyone: by ear, by keyboard, on a narrow screen, from a file."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from submissions import dictionary
from tests.valid_html import faults_of

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    out = tmp_path_factory.mktemp("dictionary")
    dictionary.write(out)
    return (out / "dictionary.html").as_uri()


@pytest.fixture
def page(chromium):
    """A page with what it asks for and complains of written down."""
    context = chromium.new_context()
    page = context.new_page()
    page.asked, page.complaints = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text))
    yield page
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_the_dictionary_meets_wcag_at_any_width_and_never_scrolls_sideways(width, page, address, axe_violations):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)

    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_dictionary_asks_for_nothing_but_itself_and_every_link_leads_somewhere(page, address):
    page.goto(address)
    lost = page.eval_on_selector_all(
        "a[href]", "all => all.map(a => a.hash).filter(hash => !document.getElementById(hash.slice(1)))"
    )

    assert lost == []
    assert page.asked == [address]
    assert page.complaints == []


def test_the_dictionary_is_valid_html(address):
    assert faults_of(Path(urlsplit(address).path).read_text()) == []
