"""A site and a feed server for each test of the whole job."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sites import FeedServer, Handler, Server, Site

from syndicate.adapters.parsing import Resting
from syndicate.wiring import Application


@pytest.fixture(scope="session", autouse=True)
def resting() -> Iterator[None]:
    """Commands run in this process one after another: as in a daemon, those that read rest between
    them, instead of being started for each."""
    Application.resting = kept = Resting()
    yield
    Application.resting = None
    kept.let_go()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A folder for one site, with the least config there can be."""
    monkeypatch.delenv("SYNDICATE_CONFIG", raising=False)
    monkeypatch.delenv("SYNDICATE_ADMIN_TOKEN", raising=False)
    return Site(tmp_path).config("")


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A feed server of one test."""
    feeds = FeedServer()
    running = Server(("127.0.0.1", 0), Handler)
    running.feeds, feeds.port = feeds, running.server_address[1]
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield feeds
    feeds.stop.set()
    running.shutdown()
    running.server_close()
