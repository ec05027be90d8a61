"""What a daemon at rest holds: `python -m benchmarks daemon --sources N`.

`syndicate serve` as a user runs it, over N feeds on loopback of `--items` entries each. `read` is
after it read them all for the first time, stored and published them, and was left alone for
`--settle` seconds; `restarted` is the same site served anew, with nothing to read. `pss_mb` is
what the tree of its processes holds, shared pages counted once; `rss_mb` the process itself,
`own_mb` what of it no other process could share; `cpu_percent` of one core over `--watch` seconds;
`first_cpu_s` what the reading took, and `peak_pss_mb` the most that was held meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks._serving import serving
from benchmarks._watching import cpu_of, memory_of, tree

_ROOT = Path(__file__).resolve().parent.parent
_HEAD = """[site]
name = "示例站"
url = "https://news.example/"
[storage]
database = "sqlite:var/s.db"
[fetch]
allow_networks = ["127.0.0.0/8"]
[web]
listen = "127.0.0.1:0"
"""
_COLUMN = '[[columns]]\nid = "c{0}"\ntitle = "栏目{0}"\n[[columns.rules]]\nany = ["第{0}村"]\n'
_COLUMNS = 20


def main(argv: list[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks daemon", description=__doc__)
    parser.add_argument("--sources", type=int, default=5000)
    parser.add_argument("--items", type=int, default=1, help="entries of each source")
    parser.add_argument("--settle", type=float, default=20, help="seconds before it is looked at")
    parser.add_argument("--watch", type=float, default=30, help="seconds that it is looked at")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        corpus, site = Path(folder, "corpus"), Path(folder, "site")
        corpus.mkdir()
        site.mkdir()
        _write(corpus, given.sources, given.items)
        with serving(corpus) as server:
            _configure(site, server.urls)
            read = _served(site, given, lambda: _is_read(site, given.sources))
            restarted = _served(site, given, lambda: True)
    return {
        "sources": given.sources, "entries": given.sources * given.items,
        "read": read, "restarted": restarted,
    }  # fmt: skip


def _write(corpus: Path, count: int, items: int) -> None:
    """Feeds of entries that are unlike each other."""
    manifest = []
    for number in range(count):
        told = "".join(_item(number, item) for item in range(items))
        head = f"<title>示例来源{number}</title><link>https://s{number}.example/</link>"
        text = f'<rss version="2.0"><channel>{head}{told}</channel></rss>'
        (corpus / f"{number}.xml").write_text(text, "utf-8")
        manifest.append({
            "file": f"{number}.xml", "etag": f'"{number}"', "type": "application/rss+xml",
            "modified": "Wed, 01 Jul 2026 08:00:00 GMT",
        })  # fmt: skip
    (corpus / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def _item(source: int, item: int) -> str:
    number = source * 1000 + item
    words = " ".join(f"{(number * 7919 + k * 104729) % 999983:x}" for k in range(60))
    body = f"<p>第{source % _COLUMNS}村的消息：{words}</p>"
    return (
        f"<item><title>第{number}号消息</title><link>https://s{source}.example/{item}</link>"
        f"<guid>https://s{source}.example/{item}</guid>"
        f"<pubDate>Tue, 30 Jun 2026 {item % 24:02}:00:00 GMT</pubDate>"
        f"<description>{body.replace('<', '&lt;')}</description></item>"
    )


def _configure(site: Path, urls: list[str]) -> None:
    columns = "".join(_COLUMN.format(n) for n in range(_COLUMNS))
    sources = "".join(
        f'[[sources]]\nid = "s{n:06d}"\nurl = "{url}"\nevery = "1d"\n' for n, url in enumerate(urls)
    )
    (site / "config.toml").write_text(_HEAD + columns + sources, "utf-8")


def _is_read(site: Path, count: int) -> bool:
    """Whether all sources were read, and all that they brought is published."""
    try:
        with closing(sqlite3.connect(f"file:{site}/var/s.db?mode=ro", uri=True)) as conn:
            read = conn.execute('SELECT count(*) FROM sources WHERE "last" IS NOT NULL')
            waits = conn.execute("SELECT EXISTS (SELECT 1 FROM unpublished)")
            return bool(read.fetchone()[0] == count and not waits.fetchone()[0])
    except sqlite3.OperationalError:  # there is none yet
        return False


def _served(site: Path, given: argparse.Namespace, done: Callable[[], bool]) -> dict[str, Any]:
    command = [sys.executable, "-m", "syndicate", "--config", str(site / "config.toml"), "serve"]
    with (site / "log").open("a") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, cwd=_ROOT)
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise SystemExit(f"`syndicate serve` did not start: {(site / 'log').read_text()}")
        peak = 0.0
        while not done():
            if process.poll() is not None:
                raise SystemExit(f"`syndicate serve` ended: {(site / 'log').read_text()}")
            peak = max(peak, memory_of(process.pid)["pss_mb"])
            time.sleep(0.3)
        first = cpu_of(process.pid)
        time.sleep(given.settle)
        before, began = cpu_of(process.pid), time.monotonic()
        time.sleep(given.watch)
        used = (cpu_of(process.pid) - before) / (time.monotonic() - began)
        return {
            **memory_of(process.pid), "processes": len(list(tree(process.pid))),
            "cpu_percent": round(used * 100, 2), "first_cpu_s": round(first, 1),
            "peak_pss_mb": peak,
        }  # fmt: skip
    finally:
        process.send_signal(signal.SIGTERM)
        if process.wait(30):
            os.write(2, f"`syndicate serve` ended with {process.returncode}\n".encode())
