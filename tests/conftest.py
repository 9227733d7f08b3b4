"""What every test may rely on: the folders of the checkout and of the development data, a browser, and axe.

No test data lives here. A test that opens pages carries the mark `browser`. Where Chromium is absent it skips; under
CI=true, where Chromium is promised, that skip is a failure.
"""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
)
HOMES = {
    "test_three_districts": (0, "districts"),
    "test_planted_truths": (1, "simulated_state"),
    "test_trust_truths": (1, "simulated_state"),
    "test_two_computations": (1, "simulated_state"),
    "test_star": (2, "star"),
    "test_indicator_folder": (2, "star"),
    "test_small_state": (3, "small_state"),
    "test_privacy": (3, "small_state"),
    "test_after_a_release": (3, "small_state"),
}
"""The integration tests by the home that they need, and which home is made first."""

# A first call, or a machine that others work on, may take longer than a fifth of a second: that is no failure.
settings.register_profile("waymark", deadline=None)
settings.load_profile("waymark")


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def sgpdata() -> Path:
    """The real district exports of the development data, or a skip that says why."""
    folder = SHARED / "sgpdata"
    if not folder.is_dir():
        pytest.skip("the development data (sgpdata) are not beside this checkout")
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """A headless Chromium of this machine; nothing is downloaded.

    One a module: while it is open an event loop runs in this thread, and nothing else may start one.
    """
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("Chromium is not installed on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe_violations() -> Callable[["Page"], list[str]]:
    """A function that runs axe on a page and says each breach of WCAG 2.2 AA with the first element that breaks it."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()

    def violations(page: "Page") -> list[str]:
        found = axe.run(page, options={"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]})
        return [
            f"{breach['id']} ({breach['impact']}): {breach['help']}: {breach['nodes'][0]['target']}"
            for breach in found.response["violations"]
        ]

    return violations


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make the homes first, and the longest work before all, so that none is left to one process at the end."""
    items.sort(key=lambda item: HOMES.get(item.path.stem, (len(HOMES),))[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "LoadScopeScheduling | None":
    """Give all tests of a home to one process, where files go to processes as wholes.

    A second process would wait for the home while the first makes it.
    """
    from xdist.scheduler import LoadFileScheduling

    class ByHome(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return HOMES.get(Path(file).stem, (0, file))[1]

    return ByHome(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a browser test that finds no Chromium fail where Chromium is promised."""
    report = yield
    promised = os.environ.get("CI") == "true" and item.get_closest_marker("browser")
    if report.skipped and promised and shutil.which("chromium") is None:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} opens pages, and under CI=true Chromium must be there"
    return report
