"""The benchmark of ingest on a corpus of two small feeds: what it prints, pass by pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import ingest
from benchmarks._watching import watch

_RSS = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>示例</title>'
    "<link>https://a.example/</link>{}</channel></rss>"
)


def _item(number: int) -> str:
    text = f"第{number}篇编出来的短文，讲的是第{number}件小事。"
    return (
        f"<item><title>短文{number}</title><link>https://a.example/{number}</link>"
        f"<guid>a{number}</guid><description>{text}</description></item>"
    )


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    feed = {"title": "b", "items": [{"id": f"b{n}", "content_text": f"text {n}"} for n in range(2)]}
    bodies = {
        "0.xml": _RSS.format("".join(map(_item, range(3)))),
        "1.json": json.dumps({"version": "https://jsonfeed.org/version/1.1", **feed}),
    }
    rows = []
    for name, body in bodies.items():
        (tmp_path / name).write_text(body, encoding="utf-8")
        kind = "application/rss+xml" if name.endswith("xml") else "application/feed+json"
        modified = "Mon, 01 Jun 2026 00:00:00 GMT"
        rows.append({"file": name, "type": kind, "etag": f'"{name}"', "modified": modified})
    (tmp_path / "manifest.json").write_text(json.dumps(rows), encoding="utf-8")
    return tmp_path


def test_every_pass_says_what_it_cost(corpus: Path) -> None:
    passes = ingest.main(["--feeds", str(corpus)])["passes"]
    assert [(name, p["feeds"], p["entries"], p["new"]) for name, p in passes.items()] == [
        ("cold", 2, 5, 5),
        ("304", 2, 0, 0),
        ("same", 2, 0, 0),
        ("new", 2, 5, 2),
    ]
    for each in passes.values():
        assert min(each[name] for name in ("wall_s", "cpu_s", "rss_mb")) > 0


def test_the_cpu_of_children_counts(tmp_path: Path) -> None:
    done = watch(
        ["sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo x"], tmp_path
    )
    assert (done.output, done.status) == ("x\n", 0)
    assert done.cpu_s > 0.02
