"""add, import, export, train, evaluate: through the command line."""

from __future__ import annotations

import json
import tomllib

import pytest
from sites import FeedServer, Site, item, rss

OPML = """<?xml version="1.0"?><opml version="2.0"><head><title>t</title></head><body>
<outline text="法治"><outline text="法院报" type="rss" xmlUrl="https://court.example/rss"/>
<outline text="庭审"><outline text="Open Court" type="rss" xmlUrl="https://open.example/rss"/></outline></outline>
<outline text="已有" type="rss" xmlUrl="https://known.example/rss"/>
<outline text="坏的" type="rss" xmlUrl="javascript:x"/>
</body></opml>"""
CONFIG = """# a comment that stays
[[columns]]
id = "law"
title = "法治"   # 栏目
[[sources]]
id = "known"
url = "https://known.example/rss"
"""


def test_import_and_export(site: Site) -> None:
    site.config(CONFIG)
    site.write("in.opml", OPML)
    done = site.json("import", str(site.root / "in.opml"))
    assert len(done["sources"]) == 2
    reasons = {row["title"]: row["reason"] for row in done["left_out"]}
    assert set(reasons) == {"已有", "坏的"}
    text = (site.root / "config.toml").read_text()
    assert "# a comment that stays" in text
    assert '"法治"   # 栏目' in text
    data = tomllib.loads(text)
    by_url = {s["url"]: s for s in data["sources"]}
    assert by_url["https://court.example/rss"]["column"] == "law"
    nested = by_url["https://open.example/rss"]["column"]
    assert next(c for c in data["columns"] if c["id"] == nested)["parent"] == "law"
    assert site.run("check").status == 0
    again = site.json("import", str(site.root / "in.opml"))
    assert again["sources"] == []
    exported = site.run("export").out
    other = Site(site.root / "other")
    other.root.mkdir()
    other.config("").write("out.opml", exported)
    other.run("import", str(other.root / "out.opml"))
    copied = tomllib.loads((other.root / "config.toml").read_text())
    assert {s["url"] for s in copied["sources"]} == set(by_url)


def test_what_was_imported_can_be_read_and_keeps_its_folders(site: Site) -> None:
    lists = "".join(
        f'<outline text="{folder}"><outline text="News">'
        f'<outline text="{folder}" xmlUrl="HTTP://{folder}.example/rss"/></outline></outline>'
        for folder in ("north", "south")
    )
    site.write("in.opml", f'<opml version="2.0"><body>{lists}</body></opml>')
    site.run("import", str(site.root / "in.opml"))
    assert site.run("check").status == 0
    data = tomllib.loads((site.root / "config.toml").read_text())
    columns = {column["id"]: column for column in data["columns"]}
    parents = [columns[source["column"]]["parent"] for source in data["sources"]]
    assert parents == ["north", "south"]
    assert site.json("import", str(site.root / "in.opml"))["columns"] == []


@pytest.mark.parametrize("text", ["", "<html/>", "no opml", "<opml", "{}"])
def test_what_is_no_opml_changes_nothing(site: Site, text: str) -> None:
    site.config(CONFIG)
    before = (site.root / "config.toml").read_bytes()
    site.write("in.opml", text)
    ran = site.run("import", str(site.root / "in.opml"), status=1)
    assert "in.opml" in ran.err
    assert (site.root / "config.toml").read_bytes() == before


def test_add_finds_the_feed_of_a_page(site: Site, server: FeedServer) -> None:
    server.serve("/feed.xml", rss(item(1)))
    server.serve(
        "/",
        '<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head></html>',
    )
    site.config(f'[fetch]\nallow_networks = ["{server.network}"]\n{CONFIG}')
    ran = site.run("add", server.url("/"), "--column", "law")
    assert server.url("/feed.xml") in ran.out
    text = (site.root / "config.toml").read_text()
    assert "# a comment that stays" in text
    (added,) = [s for s in tomllib.loads(text)["sources"] if s["id"] != "known"]
    assert (added["url"], added["column"]) == (server.url("/feed.xml"), "law")
    assert site.json("ingest", added["id"])["entries"]["new"] == 1
    assert site.run("add", server.url("/"), status=None).status != 0, "it is there already"
    server.serve("/plain", "<html><body>nothing</body></html>")
    before = (site.root / "config.toml").read_bytes()
    site.run("add", server.url("/plain2"), status=1)
    assert (site.root / "config.toml").read_bytes() == before


def test_add_reads_the_link_header(site: Site, server: FeedServer) -> None:
    server.serve("/out", rss(item(1)))
    page = server.serve("/page", "<html></html>", Link='</out>; rel="alternate"')
    site.config(f'[fetch]\nallow_networks = ["{server.network}"]\n')
    assert "Link header" in site.run("add", page).out


def test_a_page_that_names_a_thousand_feeds_is_not_followed_to_each(
    site: Site, server: FeedServer
) -> None:
    links = "".join(f'<a href="/{n}/rss.xml">RSS</a>' for n in range(1000))
    page = server.serve("/page", f"<html>{links}</html>")
    site.config(f'[fetch]\nallow_networks = ["{server.network}"]\n')
    site.run("add", page, status=1)
    assert len(server.asked) < 60


def _labelled() -> str:
    law = [f"法院第{n}庭审理一起合同纠纷案，法官当庭宣判" for n in range(30)]
    farm = [f"合作社第{n}季水稻丰收，农户在田间收割忙" for n in range(30)]
    rows = [{"text": t, "column": "law"} for t in law] + [
        {"text": t, "column": "farm"} for t in farm
    ]
    return "\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n"


COLUMNS = '[[columns]]\nid = "law"\ntitle = "法治"\n[[columns]]\nid = "farm"\ntitle = "乡村"\n'


def test_train_and_evaluate(site: Site) -> None:
    site.config(COLUMNS)
    file = site.write("labelled.jsonl", _labelled())
    trained = site.json("train", str(file))
    assert trained["accuracy"] is not None
    found = site.json("evaluate", str(file), status=None)
    assert found["accuracy"] > 0.9
    assert "macro_f1" in found
    assert "confusion" in found
    text = site.run("evaluate", str(file), status=None).out
    assert "law" in text


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("{", ":2"),
        ('{"text": "x"}', ":2"),
        ('{"text": "x", "column": "nowhere"}', ""),
        ("[1]", ":2"),
    ],
)
def test_a_broken_example_is_named(site: Site, line: str, where: str) -> None:
    site.config(COLUMNS)
    first = '{"text": "法院", "column": "law"}'
    file = site.write("bad.jsonl", f"{first}\n{line}\n")
    ran = site.run("train", str(file), status=None)
    assert f"bad.jsonl{where}" in ran.err + ran.out or "nowhere" in ran.out + ran.err
    assert ran.status in (0, 1, 2)
    missing = site.run("evaluate", str(site.root / "none.jsonl"), status=None)
    assert missing.status in (1, 2)
    assert "none.jsonl" in missing.err
