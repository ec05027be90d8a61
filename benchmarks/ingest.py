"""What reading feeds costs: `syndicate ingest` as a user runs it, one process a pass.

`cold` fills an empty store; `304` comes back when nothing changed; `same` gets the same bodies
again from a server that knows no conditions; `new` finds one new entry in each feed of a store
that has all others. `rss_mb` and `pss_mb` are the most that the tree of processes held.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks._serving import serving
from benchmarks._watching import watch

_PASSES = ("cold", "304", "same", "new")
_START = datetime(2026, 7, 1, 8, tzinfo=UTC)  # after the corpus was written
_ROOT = Path(__file__).resolve().parent.parent
_HEAD = """[site]
name = "示例站"
url = "https://news.example/"
[storage]
database = "sqlite:var/s.db"
[fetch]
allow_networks = ["127.0.0.0/8"]
[[columns]]
id = "villages"
title = "乡村振兴"
[[columns.rules]]
any = ["乡村", "农村", "harvest"]
[[columns]]
id = "law"
title = "法治"
[[columns.rules]]
any = ["人大", "立法", "court", "treaty"]
[[columns]]
id = "rest"
title = "综合"
rest = true
"""
Set = Callable[..., None]


def main(argv: list[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks ingest", description=__doc__)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--feeds", type=Path, help="a corpus of gen_feeds.py; served from here")
    given.add_argument("--server", help="the address of a running feed_server.py")
    parser.add_argument("--passes", default=",".join(_PASSES))
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--concurrency", type=int, help="fetch.concurrency of the site")
    wanted = parser.parse_args(argv)
    passes = wanted.passes.split(",")
    if unknown := set(passes) - set(_PASSES):
        parser.error(f"no pass {', '.join(sorted(unknown))}; there are {', '.join(_PASSES)}")
    opened = _own(wanted.feeds) if wanted.feeds else _foreign(wanted.server)
    with opened as (urls, tell), tempfile.TemporaryDirectory() as folder:
        tell(latency=wanted.latency_ms / 1000)
        site = _Site(Path(folder), urls, tell, wanted.concurrency)
        return {"feeds": len(urls), "passes": {name: site.measure(name) for name in passes}}


@contextmanager
def _own(corpus: Path) -> Iterator[tuple[list[str], Set]]:
    with serving(corpus) as server:
        yield server.urls, server.set


@contextmanager
def _foreign(base: str) -> Iterator[tuple[list[str], Set]]:
    base = base.rstrip("/")

    def ask(path: str) -> str:
        with urllib.request.urlopen(base + path, timeout=30) as answer:
            text: str = answer.read().decode()
            return text

    def tell(**how: float | bool) -> None:
        if how.get("shorter"):
            raise SystemExit("the pass `new` needs --feeds: a given server has no newer entries")
        if "conditional" in how:
            ask(f"/_set?conditional={int(how['conditional'])}")
        if "latency" in how:
            ask(f"/_set?latency={how['latency'] * 1000}")

    yield ask("/_urls?spread=1").split(), tell


class _Site:
    """A site that reads these feeds, in a folder of its own."""

    def __init__(
        self, folder: Path, urls: Sequence[str], tell: Set, concurrency: int | None = None
    ) -> None:
        self._folder, self._urls, self._tell = folder, urls, tell
        more = f"[fetch]\nconcurrency = {concurrency}\n" if concurrency else "[fetch]\n"
        self._head = _HEAD.replace("[fetch]\n", more)
        self._at = _START
        self._here: Path | None = None

    def measure(self, name: str) -> dict[str, Any]:
        """One pass, after what it needs to have happened before."""
        if name == "cold" or self._here is None:
            self._begin("site")
            if name not in ("cold", "new"):
                self._ingest()
        if name == "new":
            self._begin("almost")
            self._tell(shorter=True, conditional=True)
            self._ingest()
            self._tell(shorter=False)
        if name == "same":
            self._tell(conditional=False)
        try:
            return self._ingest()
        finally:
            if name == "same":
                self._tell(conditional=True)

    def _begin(self, name: str) -> None:
        self._here = self._folder / name
        while self._here.exists():
            self._here = self._here.with_name(self._here.name + "-")
        self._here.mkdir()
        sources = "".join(
            f'[[sources]]\nid = "f{n:05d}"\nurl = "{url}"\n' for n, url in enumerate(self._urls)
        )
        (self._here / "config.toml").write_text(self._head + sources, encoding="utf-8")

    def _ingest(self) -> dict[str, Any]:
        assert self._here is not None
        self._at += timedelta(days=2)  # so that all are due again
        command = [sys.executable, "-m", "syndicate", "--config", str(self._here / "config.toml")]
        command += ["ingest", "--json", "--at", self._at.isoformat()]
        done = watch(command, _ROOT)
        if done.status:
            raise SystemExit(f"`syndicate ingest` ended with {done.status}: {done.output[:500]}")
        report = json.loads(done.output)
        return {
            "wall_s": done.wall_s,
            "cpu_s": done.cpu_s,
            "cpu_ms_a_feed": round(done.cpu_s * 1000 / len(self._urls), 3),
            "rss_mb": done.rss_mb,
            "pss_mb": done.pss_mb,
            "feeds": report["sources"]["polled"],
            "entries": report["entries"]["received"],
            "new": report["entries"]["new"],
            "duplicates": report["entries"]["duplicates"],
            "changed": report["sources"]["changed"],
            "failed": report["sources"]["failed"],
            "problems": len(report["problems"]),
        }
