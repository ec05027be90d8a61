"""Publishes one entry, has real readers read it, and prints what each shows: docs/readers.md.

`python docs/readers.py [--python PYTHON] [--modules NODE_MODULES] [--write]`. `PYTHON` is an
interpreter that has the package `reader`; `NODE_MODULES` a folder with the npm packages
rss-parser, feedparser and @rowanmanning/feed-parser. What is not at hand is left out; `--write`
puts the tables into docs/readers.md. Nothing leaves the machine.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import feedparser

HERE = Path(__file__).resolve().parent
FEEDS = {"RSS": "rss.xml", "Atom": "atom.xml", "JSON": "feed.json"}
CONFIG = """
[site]
name = "清河观察"
url = "http://127.0.0.1:{port}/"
[site.notices]
reprint = "[免责声明] 转载内容的版权归原作者。"
[storage]
output = "feeds"
[[sources]]
id = "county"
name = "清河县人大网"
path = "county.xml"
content = "full"
rights = "版权归云溪日报社"
licence = "https://licences.example/by"
"""
SOURCE = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>清河县人大网</title><link>https://renda.example/</link><description>d</description>
<item><title>一场听证会</title><link>https://yunxi.example/2026/0417.htm</link>
<guid>https://yunxi.example/2026/0417.htm</guid>
<pubDate>Wed, 18 Nov 2026 09:30:00 +0800</pubDate>
<source url="https://yunxi.example/rss.xml">云溪日报</source>
<dc:creator>周望舒</dc:creator><dc:creator>李禾</dc:creator><author>li@yunxi.example (李禾)</author>
<description>听证会开了一个上午，十二位代表发了言。</description></item></channel></rss>"""
SAYS: dict[str, tuple[str, ...]] = {
    "source": ("云溪日报",),
    "authors": ("周望舒", "李禾"),
    "original link": ("https://yunxi.example/2026/0417.htm",),
    "rights": ("版权归云溪日报社",),
    "licence": ("https://licences.example/by",),
    "via": ("清河县人大网",),
}
ELEMENTS, FOOTER = "elements", "footer"
JS = """
const [, , name, file] = process.argv, fs = require('fs'), text = fs.readFileSync(file, 'utf8');
const say = (item) => process.stdout.write(JSON.stringify(item, (k, v) =>
  v instanceof URL ? v.href : typeof v === 'object' && v && v.constructor &&
  v.constructor.name.startsWith('Feed') ? Object.fromEntries(Object.getOwnPropertyNames(
  Object.getPrototypeOf(v)).filter(p => !['constructor', 'element', 'feed', 'toJSON'].includes(p))
  .map(p => [p, v[p]])) : v));
if (name === 'rss-parser') new (require(name))().parseString(text).then(f => say(f.items[0]));
else if (name === 'feedparser') {
  const p = new (require(name))({}); p.on('readable', () => {
    const i = p.read(); if (i) { delete i.meta; say(i); } }); p.on('error', () => process.exit(1));
  p.end(text);
} else import(name).catch(() => require(name)).then(m => {
  const i = (m.parseFeed || m.default.parseFeed)(text).items[0];
  say({title: i.title, url: i.url, authors: i.authors, content: i.content,
       description: i.description, categories: i.categories, id: i.id});
});
"""
Item = dict[str, Any]


@dataclass(frozen=True)
class Reader:
    """A program that reads feeds: which formats, and how it is asked for the entry."""

    name: str
    formats: tuple[str, ...]
    ask: Callable[[Path, str], Item]  # the file, and its address


# --- the readers ----------------------------------------------------------------------------


def readers(python: str, modules: Path | None) -> Iterator[Reader]:
    yield Reader(f"feedparser {feedparser.__version__}", ("RSS", "Atom"), _feedparser)
    if version := _output(python, "-c", "import reader; print(reader.__version__)"):
        ask = functools.partial(_reader, python)
        yield Reader(f"reader {version}", ("RSS", "Atom", "JSON"), ask)
    if version := _output("newsboat", "--version"):
        number = version.split()[1] if " " in version else ""
        yield Reader(f"newsboat {number}", ("RSS", "Atom"), _newsboat)
    if shutil.which("sfeed"):
        yield Reader("sfeed", ("RSS", "Atom"), _sfeed)
    for name in ("rss-parser", "feedparser", "@rowanmanning/feed-parser"):
        described = modules / name / "package.json" if modules else None
        if described and described.is_file() and shutil.which("node"):
            version = json.loads(described.read_text())["version"]
            assert modules is not None
            ask = functools.partial(_node, modules, name)
            yield Reader(f"npm {name} {version}", ("RSS", "Atom"), ask)


def _output(*words: str) -> str:
    try:
        ran = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return ""
    return ran.stdout.splitlines()[0] if ran.returncode == 0 and ran.stdout else ""


def _feedparser(file: Path, _url: str) -> Item:
    return dict(feedparser.parse(file.read_bytes()).entries[0])


def _reader(python: str, _file: Path, url: str) -> Item:
    code = (
        "import sys, json, reader\n"
        "r = reader.make_reader(':memory:'); r.add_feed(sys.argv[1]); r.update_feeds()\n"
        "e = next(iter(r.get_entries()))\n"
        "names = ('id', 'title', 'link', 'author', 'authors', 'published', 'source')\n"
        "d = {k: str(getattr(e, k, '')) for k in names}\n"
        "d['content'] = [c.value for c in e.content] + [e.summary or '']\n"
        "print(json.dumps(d))"
    )
    ran = subprocess.run([python, "-c", code, url], capture_output=True, text=True, timeout=60)
    return dict(json.loads(ran.stdout or "{}"))


def _newsboat(_file: Path, url: str) -> Item:
    with tempfile.TemporaryDirectory() as folder:
        urls, cache, config = (Path(folder, name) for name in ("urls", "cache.db", "config"))
        urls.write_text(url + "\n")
        config.write_text("")
        words = ["newsboat", "-u", urls, "-c", cache, "-C", config, "-x", "reload"]
        subprocess.run(words, capture_output=True, timeout=60, check=False)
        with sqlite3.connect(cache) as db:
            db.row_factory = sqlite3.Row
            row = db.execute("SELECT title, author, url, content FROM rss_item").fetchone()
    return dict(row) if row else {}


def _sfeed(file: Path, _url: str) -> Item:
    ran = subprocess.run(["sfeed"], stdin=file.open(), capture_output=True, text=True, timeout=60)
    names = ("time", "title", "link", "content", "type", "id", "author", "enclosure", "category")
    return dict(zip(names, ran.stdout.rstrip("\n").split("\t"), strict=False))


def _node(modules: Path, name: str, file: Path, _url: str) -> Item:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "read.cjs")
        script.write_text(JS)
        Path(folder, "node_modules").symlink_to(modules)
        words = ["node", str(script), name, str(file)]
        ran = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return dict(json.loads(ran.stdout or "{}"))


# --- what they show -------------------------------------------------------------------------


def shown(item: Item) -> dict[str, dict[str, str]]:
    """What an entry as a reader has it shows of each part, from the elements and the footer."""
    text = re.compile(r"content|summary|description|value", re.IGNORECASE)
    long = {k: v for k, v in item.items() if text.search(k)}
    parts = {ELEMENTS: {k: v for k, v in item.items() if k not in long}, FOOTER: long}
    found = {}
    for name, fields in parts.items():
        said = json.dumps(fields, ensure_ascii=False, default=str)
        found[name] = {what: _how_many(said, needles) for what, needles in SAYS.items()}
    return found


def _how_many(said: str, needles: tuple[str, ...]) -> str:
    there = sum(needle in said for needle in needles)
    if there == len(needles):
        return "yes" if there == 1 else "both"
    return "one" if there else "no"


def table(results: dict[str, dict[str, dict[str, str]]], part: str) -> str:
    names = list(SAYS)
    rows = [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for reader, found in results.items():
        cells = [_cell(found[part][name]) for name in names]
        rows.append(f"| {reader} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cell(word: str) -> str:
    return word if word in ("yes", "both") else f"**{word}**"


def publish(root: Path, port: int) -> None:
    (root / "config.toml").write_text(CONFIG.format(port=port), "utf-8")
    (root / "county.xml").write_text(SOURCE, "utf-8")
    words = [sys.executable, "-m", "syndicate", "--config", str(root / "config.toml"), "run"]
    subprocess.run([*words, "-q"], check=True, stdout=subprocess.DEVNULL)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--modules", type=Path)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        feeds = Path(folder, "feeds")
        handler = functools.partial(_Quiet, directory=str(feeds))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        publish(Path(folder), server.server_port)
        for reader in readers(given.python, given.modules):
            for format in reader.formats:
                name = FEEDS[format]
                url = f"http://127.0.0.1:{server.server_port}/{name}"
                item = reader.ask(feeds / name, url)
                results[f"{reader.name}, {format}"] = shown(item)
        server.shutdown()
    tables = {part: table(results, part) for part in (ELEMENTS, FOOTER)}
    if given.write:
        page = HERE / "readers.md"
        text = page.read_text("utf-8")
        for part, made in tables.items():
            mark = f"<!-- {part}: made by docs/readers.py -->\n"
            text = re.sub(f"{mark}(\\|.*\n)*", lambda _, m=mark, t=made: f"{m}{t}\n", text)
        page.write_text(text, "utf-8")
    else:
        print("\n\n".join(tables.values()))


if __name__ == "__main__":
    main()
