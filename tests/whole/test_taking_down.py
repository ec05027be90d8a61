"""Retract and restore: gone from everywhere at once, and never back (contract §8, §6)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from lxml import etree
from sites import Site, item, rss

TEXT = (
    "清河县渔政站上个月在河口放了八万尾鱼苗，站长赵大江说，这是连续第七年放流，河里的鲢鱼比三年前多了一倍。"
    "附近的渔民起初不信，今年开捕头一天，一网上来六十斤，老人们都说几十年没见过这样的收成。"
    "渔政站还和三个村签了约，禁渔期里由村民轮流巡河，电鱼的人少了，河也清了。"
)
CONFIG = """
[[columns]]
id = "law"
title = "法治"
[[sources]]
id = "a"
path = "a.xml"
column = "law"
[[sources]]
id = "b"
path = "b.xml"
"""
SECRET = "渔政站"
TITLE = "八万尾鱼苗放流"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("first")).config(CONFIG)
    site.write("a.xml", rss(item(1, TEXT, title=TITLE), item(2)))
    copy = item(9, TEXT, title=TITLE + "（转）", link="https://b.example/9", guid="b-9")
    site.write(
        "b.xml",
        rss(
            copy,
            item(8, link="https://b.example/8", guid="b-8"),
            title="乙报",
            link="https://b.example/",
        ),
    )
    site.run("run")
    assert site.json("list", "--leads").__len__() == 3
    return site


@pytest.fixture
def down(first: Site, tmp_path: Path) -> tuple[Site, list[str]]:
    """The site with the story of two taken down; the ids of both."""
    site = first.copy(tmp_path / "site")
    ids = sorted(r["id"] for r in site.json("list") if TITLE in r["title"])
    assert len(ids) == 2
    site.run("retract", ids[0], "--reason", "作者要求")
    return site, ids


def _absent(site: Site) -> None:
    for name, data in site.published().items():
        assert SECRET.encode() not in data, name
        assert TITLE.encode() not in data, name
        assert SECRET not in data.decode("unicode-escape", "ignore"), name


def test_gone_from_every_file_at_once(down: tuple[Site, list[str]]) -> None:
    site, ids = down
    _absent(site)
    for id in ids:
        page = (site.feeds / f"articles/{id}.html").read_text()
        assert "撤" in page
        assert 'content="noindex' in page
    gone = (site.feeds / "gone.txt").read_text()
    assert all(id in gone for id in ids)
    sitemap = (site.feeds / "sitemap.xml").read_text()
    assert not any(id in sitemap for id in ids)
    for file in ("index.html", "law/index.html", "rss.xml", "feed.json", "law/feed.json"):
        published = (site.feeds / file).read_text()
        assert not any(id in published for id in ids), file


def test_a_tombstone_in_atom_with_the_id_it_had(down: tuple[Site, list[str]]) -> None:
    site, _ = down
    for file in ("atom.xml", "law/atom.xml"):
        tree = etree.fromstring((site.feeds / file).read_bytes())
        dead = tree.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
        assert "https://origin.example/1" in [d.get("ref") for d in dead], file
        assert dead[0].get("when")
    archive = next((site.feeds / "archive").glob("*.atom.xml")).read_text()
    assert "<title>" + TITLE not in archive


def test_verify_proves_absence(down: tuple[Site, list[str]]) -> None:
    site, ids = down
    assert site.json("verify")["problems"] == []
    site.write(
        f"feeds/articles/{ids[0]}.html", f"<html><body><h1>{TITLE}</h1><p>{TEXT}</p></body></html>"
    )
    found = site.json("verify", status=1)["problems"]
    assert any(p["entry"] == ids[0] for p in found)


def test_the_record_tells_who_and_why(down: tuple[Site, list[str]]) -> None:
    site, ids = down
    shown = site.json("show", ids[0])
    assert shown["status"] == "retracted"
    assert any("作者要求" in h["reason"] and h["by"] == "editor" for h in shown["history"])
    assert {r["id"] for r in site.json("list", "--status", "retracted")} == set(ids)


COMES = {
    "as it was": item(1, TEXT, title=TITLE),
    "another id": item(1, TEXT, title=TITLE, guid="new-id"),
    "another link": item(1, TEXT, title=TITLE, link="https://origin.example/other"),
    "another title": item(5, TEXT, title="河口来了新住户"),
    "another text": item(1, "改了一段完全不同的文字，说的是另外一件事，和前面没有半点相同。", title="改名"),
    "spaces and punctuation": item(5, TEXT.replace("，", " , ").replace("。", "。\n\n"), title="换行"),
    "the copy's link": item(5, "短。", title="别的标题", link="https://b.example/9"),
    "a few words changed": item(5, TEXT.replace("八万", "8万").replace("起初", "开始"), title="小改"),
    "traditional": item(5, TEXT.replace("县", "縣").replace("鱼", "魚").replace("个", "個"), title="繁體"),
    "with a notice": item(5, TEXT + "本文来源于网络，如有侵权请联系删除。", title="加尾"),
}  # fmt: skip


@pytest.mark.parametrize("name", COMES)
@pytest.mark.parametrize("source", ["a", "c"])
def test_it_never_comes_back(down: tuple[Site, list[str]], name: str, source: str) -> None:
    site, _ = down
    if source == "c":
        site.config(CONFIG + '[[sources]]\nid = "c"\npath = "c.xml"\n')
    site.write(f"{source}.xml", rss(COMES[name], item(6), title="丙报", link="https://c.example/"))
    counts = site.json("run", at="2026-11-25T08:00:00+08:00")["entries"]
    assert counts["received"] == counts["new"] + counts["updated"] + counts["unchanged"]
    _absent(site)
    titles = {r["title"] for r in site.json("list", "--status", "published")}
    known = {"第2篇报道", "第6篇报道", "第8篇报道"}
    assert titles <= known, titles - known
    assert "第6篇报道" in titles
    assert site.json("verify")["problems"] == []


def test_unrelated_articles_of_the_source_still_come(down: tuple[Site, list[str]]) -> None:
    site, _ = down
    other = item(
        7,
        "县城的老书店翻修了三个月重新开门，店主把二楼改成了孩子们的阅览室，周末请退休老师来讲故事。"
        "镇上的人把旧书捐来，一个月收了四百本，墙上贴着捐书人的名字，最小的只有六岁。",
        title="老书店重新开门",
    )
    site.write("a.xml", rss(item(2), other))
    site.run("run")
    assert "老书店重新开门" in (site.feeds / "rss.xml").read_text()


def test_restore_brings_all_of_it_back(first: Site, tmp_path: Path) -> None:
    site = first.copy(tmp_path / "site")
    before = site.published()
    id = next(r["id"] for r in site.json("list") if r["title"] == TITLE)
    site.run("retract", id, "--reason", "r")
    site.run("restore", id)
    after = site.published()
    assert TITLE in (site.feeds / "law/rss.xml").read_text()
    assert "deleted-entry" not in (site.feeds / "atom.xml").read_text()
    assert {n for n in before if before[n] != after.get(n)} == set()
    assert site.json("verify")["problems"] == []
    assert {r["status"] for r in site.json("list")} == {"published"}
    site.write("a.xml", rss(item(1, TEXT + "更新。", title=TITLE), item(2)))
    assert site.json("run")["entries"]["updated"] == 1


def test_only_this_entry(first: Site, tmp_path: Path) -> None:
    site = first.copy(tmp_path / "site")
    (lead,) = [r for r in site.json("list", "--leads") if TITLE in r["title"]]
    site.run("retract", lead["id"], "--reason", "r", "--only")
    rows = {r["id"]: r for r in site.json("list") if TITLE in r["title"]}
    other = next(id for id in rows if id != lead["id"])
    assert rows[lead["id"]]["status"] == "retracted"
    assert (rows[other]["status"], rows[other]["lead"]) == ("published", True)
    feed = json.loads((site.feeds / "feed.json").read_text())
    assert any(TITLE in i["title"] for i in feed["items"])
    assert lead["id"] in (site.feeds / "gone.txt").read_text()
    site.run("run")
    assert site.json("verify")["problems"] == []
    site.write("a.xml", rss(item(1, TEXT, title=TITLE, guid="renamed"), item(2)))
    site.run("run")
    assert {
        r["source"] for r in site.json("list", "--status", "published") if TITLE in r["title"]
    } == {"b"}


def test_only_keyed_marks_are_kept_for_it(down: tuple[Site, list[str]]) -> None:
    site, _ = down
    secret = (site.root / "var/secret").read_bytes().strip()
    assert len(secret) >= 32
    assert re.search(rb"^[0-9a-f]+$", secret)


def test_a_held_entry_is_nowhere(first: Site, tmp_path: Path) -> None:
    site = first.copy(tmp_path / "site")
    (lead,) = [r for r in site.json("list", "--leads") if r["title"] == "第2篇报道"]
    site.run("reject", lead["id"])
    site.run("publish")
    for name, data in site.published().items():
        assert "第2篇报道".encode() not in data, name
    assert site.json("verify")["problems"] == []
