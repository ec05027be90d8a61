"""A hub is told of a topic (WebSub 1.0, 6), by a real request."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from syndicate.adapters.websub import ping

TOPIC = "https://news.example/atom.xml"


class Hub(BaseHTTPRequestHandler):
    """Answers as its path says, and keeps what it was told."""

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.told.append(  # type: ignore[attr-defined]
            (self.headers["Content-Type"], parse_qs(self.rfile.read(length).decode()))
        )
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Hub)
    server.told = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        pytest.param(204, None, id="taken"),
        pytest.param(202, None, id="accepted for later"),
        pytest.param(429, "answered 429", id="too many"),
        pytest.param(500, "answered 500", id="broken"),
        pytest.param(307, "answered 307", id="a redirect is not followed"),
    ],
)
def test_what_a_hub_answers(hub: HTTPServer, answer: int, problem: str | None) -> None:
    assert ping(f"http://127.0.0.1:{hub.server_port}/{answer}", TOPIC) == problem
    kind, form = hub.told[0]  # type: ignore[attr-defined]
    assert kind == "application/x-www-form-urlencoded"
    assert form == {"hub.mode": ["publish"], "hub.url": [TOPIC], "hub.topic": [TOPIC]}


@pytest.mark.parametrize("hub_url", ["http://127.0.0.1:9/", "no address at all", "http://[::1"])
def test_no_hub_is_a_reason_not_an_error(hub_url: str) -> None:
    assert ping(hub_url, TOPIC)
