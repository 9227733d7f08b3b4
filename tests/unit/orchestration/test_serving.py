"""The pages of a release are served to this machine alone."""

import http.client
import threading

import pytest

from orchestration import serving


@pytest.fixture
def port(tmp_path):
    site = tmp_path / "site"
    (site / "data").mkdir(parents=True)
    (site / "index.html").write_text("<title>Results</title>")
    (tmp_path / "private.txt").write_text("secret")
    (tmp_path / "feedback" / "2025-0470").mkdir(parents=True)
    (tmp_path / "feedback" / "2025-0470" / "report.html").write_text("What was found")
    (tmp_path / "feedback" / "2025-0470" / "report.json").write_text("secret")
    with serving.server(site, 0, {"feedback": tmp_path / "feedback"}) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def ask(port, path, host=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_a_page_is_given_to_a_browser_on_this_machine(port):
    assert ask(port, "/") == (200, "<title>Results</title>")
    assert ask(port, "/index.html", f"localhost:{port}")[0] == 200


def test_an_earlier_release_stands_under_its_version_and_nothing_else_of_it_does(tmp_path):
    for version in ("1.0.0", "1.0.1"):
        (tmp_path / version / "site").mkdir(parents=True)
        (tmp_path / version / "site/index.html").write_text(version)
        (tmp_path / version / "gate.json").write_text("secret")
    with serving.server(tmp_path / "1.0.1/site", 0, releases=tmp_path) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        port = server.server_address[1]
        assert ask(port, "/index.html") == (200, "1.0.1")
        assert ask(port, "/releases/1.0.0/index.html") == (200, "1.0.0")
        assert ask(port, "/releases/1.0.0/")[1] == "1.0.0"
        for path in ("/releases/1.0.0/../gate.json", "/releases/2.0.0/index.html", "/releases/../gate.json"):
            assert ask(port, path)[0] == 404
        server.shutdown()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "192.168.1.10:8000"])
def test_a_request_under_another_name_is_refused(port, host):
    status, text = ask(port, "/", host)
    assert status == 421
    assert "Results" not in text


def test_pages_beside_the_site_are_given_under_their_name(port):
    assert ask(port, "/feedback/2025-0470/report.html") == (200, "What was found")


OUTSIDE = [
    "/../private.txt",
    "/%2e%2e/private.txt",
    "/data/",
    "/absent.html",
    "/feedback/",
    "/feedback/2025-0470/",
    "/feedback/2025-0470/report.json",
    "/feedback/../private.txt",
    "/feedback/%2e%2e/private.txt",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_the_site_and_no_listing_of_a_folder_is_given(port, path):
    status, text = ask(port, path)
    assert status == 404
    assert "secret" not in text


def test_the_server_listens_on_this_machine_only(tmp_path):
    with serving.server(tmp_path, 0) as server:
        assert server.server_address[0] == "127.0.0.1"
