"""Bad input through the whole job: a reason in the report, everything else done (contract §9)."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from lxml import etree
from sites import FeedServer, Site, item, rss

GOOD = '[[sources]]\nid = "good"\npath = "good.xml"\n'


def _sound(site: Site) -> None:
    """All that is published can be read by strict parsers, and is what was recorded."""
    for name, data in site.published().items():
        if name.endswith((".xml", ".opml")):
            etree.fromstring(data, etree.XMLParser(resolve_entities=False))
        if name.endswith(".json"):
            json.loads(data)
        assert b"<script>" not in data.replace(b"<script>(", b""), name
        assert b"javascript:" not in data or name.endswith(".js"), name
    assert site.json("verify")["problems"] == []


BOMB = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)
BROKEN: dict[str, bytes] = {
    "empty": b"",
    "garbage": bytes(range(256)) * 20,
    "html": b"<html><body><p>no feed here</p></body></html>",
    "bomb": f'<?xml version="1.0"?>{BOMB}]><rss><channel><title>&j;</title></channel></rss>'.encode(),
    "nested": b"<rss><channel>" + b"<a>" * 100_000,
    "json": b'{"version": "https://jsonfeed.org/version/1.1", "items": [',
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_source_stops_nothing(site: Site, name: str) -> None:
    site.config('[[sources]]\nid = "bad"\npath = "bad.xml"\n' + GOOD)
    site.write("bad.xml", BROKEN[name])
    site.write("good.xml", rss(item(1)))
    document = site.json("run")
    assert document["entries"]["new"] == 1
    assert document["sources"]["failed"] == 1, document
    assert [p["source"] for p in document["problems"]] == ["bad"]
    health = {s["id"]: s for s in site.json("sources")}
    assert health["bad"]["status"] == "failing"
    assert health["bad"]["error"]
    assert health["good"]["status"] == "ok"
    assert "bad" in site.run("sources").out
    _sound(site)


def test_what_is_missing_or_wrong_in_the_web(site: Site, server: FeedServer) -> None:
    server.fail("/500.xml", 500)
    server.fail("/ring.xml", 302, Location="/ring.xml")
    server.fail("/inner.xml", 302, Location="http://127.0.0.1:1/x")
    server.serve("/bomb.xml", rss(item(1, " " * 30_000_000)))
    server.serve("/good.xml", rss(item(2)))
    names = ("500", "ring", "inner", "bomb", "none", "good")
    sources = "".join(
        f'[[sources]]\nid = "s{n}"\nurl = "{server.url(f"/{n}.xml")}"\n' for n in names
    )
    forbidden = '[[sources]]\nid = "local"\nurl = "http://127.0.0.1:9/feed"\n'
    site.config(f'[fetch]\nallow_networks = ["{server.network}"]\n{sources}{forbidden}')
    document = site.json("run")
    assert document["sources"]["failed"] == 6, document["problems"]
    assert document["entries"]["new"] == 1
    errors = {s["id"]: s["error"] for s in site.json("sources")}
    assert "500" in errors["s500"]
    assert "404" in errors["snone"]
    assert errors["sgood"] is None
    for id in ("sring", "sinner", "sbomb", "local"):
        assert errors[id], id


def test_a_slow_source_is_given_up(site: Site, server: FeedServer) -> None:
    server.answers["/slow.xml"] = lambda feeds, _: feeds.stop.wait(20)  # type: ignore[assignment]
    server.serve("/good.xml", rss(item(1)))
    site.config(
        f'[fetch]\nallow_networks = ["{server.network}"]\ntimeout = 0.3\n'
        f'[[sources]]\nid = "slow"\nurl = "{server.url("/slow.xml")}"\n'
        f'[[sources]]\nid = "good"\nurl = "{server.url("/good.xml")}"\n'
    )
    document = site.json("run")
    assert (document["sources"]["failed"], document["entries"]["new"]) == (1, 1)


HOSTILE = {
    "script": item(1, "<![CDATA[<script>alert(1)</script><p onclick='x()'>好</p><form><input></form>]]>"),
    "title": item(1, title="&lt;script&gt;alert(1)&lt;/script&gt;标题&lt;b&gt;粗&lt;/b&gt;"),
    "link": item(1, link="javascript:alert(1)"),
    "author": item(1, **{"dc:creator": "&lt;img src=x onerror=alert(1)&gt;李四"}),
    "href": item(1, '<![CDATA[<a href="javascript:alert(1)">x</a><a href="data:text/html,x">y</a>]]>'),
    "breaks": item(1, title="一行\r\n另一行\n三", **{"dc:creator": "甲\r\nBcc: x@y.example"}),
    "control": item(1, "前&#8;后\x0b").replace("&#8;", "\x08"),
    "far date": item(1, pubDate="Fri, 31 Dec 9999 23:59:59 GMT"),
    "huge title": item(1, title="长" * 100_000),
    "emoji": item(1, title="🎉 مرحبا ‮abc", description="🎉"),
    "nothing": "<description>只有正文</description>",
    "surrogates": item(1, "&#xD800;坏字符&#xFFFF;"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_emitted_is_always_sound(site: Site, name: str) -> None:
    site.config(GOOD + 'permission = "agreed"\n[[digests]]\nid = "daily"\n')
    site.write("good.xml", rss(HOSTILE[name]))
    assert site.json("run")["entries"]["new"] == 1
    _sound(site)
    text = (site.feeds / "rss.xml").read_text() + (site.feeds / "index.html").read_text()
    assert "onerror=" not in text.replace("&lt;img src=x onerror=", "")
    assert "onclick" not in text


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("gb2312", "gbk"), ("utf-8", "gbk"), ("iso-8859-1", "utf-8"), ("gb2312", "utf-8"), ("utf-16", "utf-8")],
)  # fmt: skip
def test_a_wrong_charset_is_read(site: Site, declared: str, encoding: str) -> None:
    text = rss(item(1, "镕基与喆这两个字在国标旧码里没有，清河县的报纸照样要印出来。"), item(2))
    site.config(GOOD)
    site.write("good.xml", text.replace("utf-8", declared, 1).encode(encoding))
    site.run("run")
    titles = {r["title"] for r in site.json("list")}
    assert titles == {"第1篇报道", "第2篇报道"}
    _sound(site)


def test_a_template_with_a_syntax_error(site: Site) -> None:
    site.config(GOOD)
    site.write("good.xml", rss(item(1)))
    site.run("run")
    before = site.published()
    site.write("templates/article.html", "<p>\n{% if entry %}\n")
    ran = site.run("check", status=1)
    assert "templates/article.html:" in ran.out
    site.write("good.xml", rss(item(1), item(2)))
    ran = site.run("run", "--json", status=1)
    assert any("article.html" in p["error"] for p in ran.json["problems"])
    assert ran.json["entries"]["new"] == 1, "everything else is done"
    assert site.published() == before, "the last good output stays"
    (site.root / "templates/article.html").unlink()
    site.run("run")
    _sound(site)


def test_a_template_beside_the_config_overrides_one(site: Site) -> None:
    site.config(GOOD)
    site.write("good.xml", rss(item(1)))
    site.write("templates/taken-down.html", "<p>本文已按要求撤下</p>")
    site.run("run")
    (row,) = site.json("list")
    site.run("retract", row["id"], "--reason", "r")
    assert "本文已按要求撤下" in (site.feeds / f"articles/{row['id']}.html").read_text()


def test_an_output_that_cannot_be_written(site: Site) -> None:
    site.config(GOOD)
    site.write("good.xml", rss(item(1)))
    site.write("feeds", "a file where the folder should be")
    ran = site.run("run", status=1)
    assert "feeds" in ran.out + ran.err
    assert site.json("list")[0]["title"] == "第1篇报道"
    (site.root / "feeds").unlink()
    site.run("run")
    _sound(site)


def test_a_database_that_is_none_or_too_new(site: Site) -> None:
    site.config(GOOD)
    site.write("good.xml", rss(item(1)))
    site.write("var/syndicate.db", "this is a text, and no database at all; " * 50)
    for words in (["run"], ["list"], ["verify"], ["status"]):
        ran = site.run(*words, status=1)
        assert "syndicate.db" in ran.out + ran.err, words
    (site.root / "var/syndicate.db").unlink()
    site.run("run")
    with sqlite3.connect(site.root / "var/syndicate.db") as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    conn.close()
    ran = site.run("list", status=1)
    assert "newer" in ran.err


def test_a_config_that_breaks_between_runs(site: Site) -> None:
    site.config(GOOD)
    site.write("good.xml", rss(item(1)))
    site.run("run")
    before = site.published()
    site.config(GOOD + "column = 'nowhere'\n")
    ran = site.call("run", "--json")
    assert ran.status == 2
    assert "no column 'nowhere'" in ran.json["problems"][0]["error"]
    assert site.published() == before


def test_a_second_run_and_a_rebuilt_database_give_the_same_bytes(site: Site) -> None:
    site.config(GOOD + '[[sources]]\nid = "two"\npath = "two.xml"\n')
    site.write("good.xml", rss(item(1), item(2), item(3)))
    site.write("two.xml", rss(item(4), item(1), title="乙报", link="https://b.example/"))
    site.run("run")
    before = site.published()
    times = {p: p.stat().st_mtime_ns for p in site.feeds.rglob("*")}
    document = site.json("run", at="2026-11-24T20:00:00+08:00")
    assert document["feeds"]["written"] == document["pages"]["written"] == 0
    assert site.published() == before
    assert {p: p.stat().st_mtime_ns for p in site.feeds.rglob("*")} == times
    for file in Path(site.root / "var").glob("syndicate.db*"):
        file.unlink()
    site.run("run")
    assert site.published() == before
