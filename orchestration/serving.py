"""A plain web server for the pages of a release, for this machine alone. A public site is served by a real one."""

import re
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from reports.versions import VERSION

ADDRESS = "127.0.0.1"
EARLIER = re.compile(rf"/releases/({VERSION.pattern})/")


class Pages(SimpleHTTPRequestHandler):
    """Serve the files of one folder to a browser that asked this machine by its own name."""

    server_version, sys_version = "Waymark", ""

    def __init__(self, *args: Any, beside: Mapping[str, Path], releases: Path | None, **kwargs: Any) -> None:
        self.beside, self.releases = beside, releases
        super().__init__(*args, **kwargs)

    def translate_path(self, path: str) -> str:
        """Find the file of an address: in the folder, in an earlier release, or a page in a folder beside it."""
        earlier = EARLIER.match(path)
        if earlier and self.releases:  # one request is one handler
            self.directory, path = str(self.releases / earlier[1] / "site"), path[earlier.end() - 1 :]
        found = Path(super().translate_path(path))
        first, *rest = found.relative_to(self.directory).parts or ("",)
        is_beside = first in self.beside and found.suffix == ".html"
        return str(self.beside[first].joinpath(*rest) if is_beside else found)

    def send_head(self) -> Any:
        """Refuse a request made under another name: a page elsewhere may have led the browser here."""
        port = self.server.server_address[1]
        if self.headers.get("Host") not in (f"{ADDRESS}:{port}", f"localhost:{port}"):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "This server answers to 127.0.0.1 only")
            return None
        return super().send_head()

    def list_directory(self, path: Any) -> None:
        """Show no listing of a folder that has no page."""
        self.send_error(HTTPStatus.NOT_FOUND, "There is no such page")

    def end_headers(self) -> None:
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: the screen of the person who serves is not a log."""


def server(
    folder: Path, port: int, beside: Mapping[str, Path] | None = None, releases: Path | None = None
) -> ThreadingHTTPServer:
    """Open the server for a folder and, under their names, the pages of others; it answers to `serve_forever`.

    With `releases`, the folder of all releases, the pages of each stand under `/releases/<version>/` too.
    """
    handler = partial(Pages, directory=str(folder), beside=beside or {}, releases=releases)
    return ThreadingHTTPServer((ADDRESS, port), handler)
