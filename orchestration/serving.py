"""A plain web server for the pages of a release, for this machine alone. A public site is served by a real one."""

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ADDRESS = "127.0.0.1"


class Pages(SimpleHTTPRequestHandler):
    """Serve the files of one folder to a browser that asked this machine by its own name."""

    server_version, sys_version = "Waymark", ""

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


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Open the server for the folder; it answers when `serve_forever` is called."""
    return ThreadingHTTPServer((ADDRESS, port), partial(Pages, directory=str(folder)))
