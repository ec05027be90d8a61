"""Whole sites for tests: a config and sources in a folder, commands run as users run them."""

from __future__ import annotations

import contextlib
import gzip
import http.server
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syndicate.cli.main import main

AT = "2026-11-24T08:00:00+08:00"
SITE = """
[site]
name = "清河观察"
url = "https://news.example/"
"""


@dataclass
class Ran:
    """What one command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@dataclass
class Site:
    """A site in a folder: its config is written by `config`, its commands run by `run`."""

    root: Path
    at: str = AT

    def copy(self, root: Path) -> Site:
        """The same site in another folder."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return Site(root, self.at)

    def config(self, text: str, *, site: str = SITE) -> Site:
        """Write config.toml: the site's two keys, then `text`."""
        (self.root / "config.toml").write_text(site + text, "utf-8")
        return self

    def write(self, path: str, content: str | bytes) -> Path:
        """A file of the site's folder."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def call(self, *words: str) -> Ran:
        """A command, in this process, as it stands."""
        out = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")  # commands write bytes too
        err = io.StringIO()
        before = signal.getsignal(signal.SIGTERM)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main(["--config", str(self.root / "config.toml"), *words])
                status = 0
            except SystemExit as stop:
                status = int(stop.code or 0)
            finally:
                signal.signal(signal.SIGTERM, before)
        out.flush()
        said = out.buffer.getvalue().decode()  # type: ignore[attr-defined]
        ran = Ran(status, said, err.getvalue())
        assert "Traceback" not in ran.err + ran.out, ran.err
        return ran

    def run(self, *words: str, at: str = "", status: int | None = 0) -> Ran:
        """A command at the site's moment (`at`: another), which has to end with `status`."""
        ran = self.call(*words, "--at", at or self.at)
        assert status is None or ran.status == status, (words, ran)
        return ran

    def json(self, *words: str, at: str = "", status: int | None = 0) -> Any:
        """The document that a command prints with --json."""
        return self.run(*words, "--json", at=at, status=status).json

    def process(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """A command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "syndicate", "--config", str(self.root / "config.toml"), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.root,
            env={**os.environ, **environment},
        )

    def entry(self, **narrowed: str) -> dict[str, Any]:
        """The only entry there is, in full."""
        options = [f"--{name}={value}" for name, value in narrowed.items()]
        (only,) = self.json("list", *options)
        shown: dict[str, Any] = self.json("show", only["id"])
        return shown

    @property
    def feeds(self) -> Path:
        return self.root / "feeds"

    def published(self) -> dict[str, bytes]:
        """Every published file, by its path."""
        return {
            str(path.relative_to(self.feeds)): path.read_bytes()
            for path in sorted(self.feeds.rglob("*"))
            if path.is_file()
        }


Answering = Callable[["FeedServer", "http.server.BaseHTTPRequestHandler"], None]


@dataclass
class FeedServer:
    """An HTTP server on loopback: bodies by path, with ETags; or a function that answers."""

    port: int = 0
    bodies: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, Mapping[str, str]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    answers: dict[str, Answering] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)  # path, status
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def network(self) -> str:
        """As `fetch.allow_networks` takes it."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def serve(self, path: str, body: str | bytes, **headers: str) -> str:
        """Answer `path` with this from now on; its address."""
        self.bodies[path] = body if isinstance(body, bytes) else body.encode()
        self.headers[path] = {name.replace("_", "-"): value for name, value in headers.items()}
        self.statuses.pop(path, None)
        return self.url(path)

    def fail(self, path: str, status: int, **headers: str) -> str:
        """Answer `path` with an error, or a redirect, from now on."""
        self.serve(path, b"", **headers)
        self.statuses[path] = status
        return self.url(path)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        feeds = self.server.feeds
        path = self.path.split("?")[0]
        if answer := feeds.answers.get(path):
            feeds.asked.append((path, 0))
            answer(feeds, self)
            return
        body = feeds.bodies.get(path)
        status = 404 if body is None else feeds.statuses.get(path, 200)
        body = body or b""
        tag = f'"{hash(body):x}"'
        if status == 200 and self.headers.get("If-None-Match") == tag:
            status, body = 304, b""
        feeds.asked.append((path, status))
        packed = status == 200 and "gzip" in self.headers.get("Accept-Encoding", "")
        sent = gzip.compress(body) if packed else body
        self.send_response(status)
        for name, value in feeds.headers.get(path, {}).items():
            self.send_header(name, value)
        self.send_header("ETag", tag)
        if packed:
            self.send_header("Content-Encoding", "gzip")
        if status != 304:
            self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    feeds: FeedServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that went away


def rss(*items: str, title: str = "源头日报", link: str = "https://origin.example/") -> str:
    """An RSS feed of these items."""
    spaces = "".join(
        f' xmlns:{name}="{uri}"'
        for name, uri in (
            ("dc", "http://purl.org/dc/elements/1.1/"),
            ("dcterms", "http://purl.org/dc/terms/"),
            ("content", "http://purl.org/rss/1.0/modules/content/"),
            ("cc", "http://backend.userland.com/creativeCommonsRssModule"),
        )
    )
    body = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"{spaces}><channel>'
        f"<title>{title}</title><link>{link}</link><description>d</description>{body}"
        "</channel></rss>"
    )


def item(number: int, text: str = "", **more: str) -> str:
    """An RSS item with all it usually has; `more` replaces or adds elements, "" leaves out."""
    said = {
        "title": f"第{number}篇报道",
        "link": f"https://origin.example/{number}",
        "guid": f"https://origin.example/{number}",
        "pubDate": f"Mon, {number % 20 + 1:02} Nov 2026 09:30:00 +0800",
        "description": text
        or f"这是第{number}篇报道的正文，讲的是{'甲乙丙丁戊己庚辛壬癸'[number % 10]}村的事。",
        **more,
    }
    return "".join(f"<{n}>{v}</{n}>" for n, v in said.items() if v)
