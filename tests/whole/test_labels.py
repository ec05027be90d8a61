"""Labels that must travel: 广告, sponsored, AI, 更正, the original title, editors, a term."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from lxml import etree
from sites import Site, item, rss

from syndicate.core.disclosures import SCHEME, SOURCE_TYPES

NS = {"a": "http://www.w3.org/2005/Atom", "dcterms": "http://purl.org/dc/terms/"}
MADE = SOURCE_TYPES + "trainedAlgorithmicMedia"
FOLDER = """
[[sources]]
id = "in"
name = "云溪通讯"
type = "folder"
path = "in"
[[columns]]
id = "news"
title = "要闻"
editor = "顾清和"
[[digests]]
id = "daily"
title = "每日摘要"
"""
ARTICLE = """---
title: 青禾镇修好了桥
original_title: 青禾镇老桥修缮完工
source: 青禾日报
author: 程远
editor: 林素
date: 2026-11-23
original_url: https://qinghe.example/1
column: news
labels: [广告, trainedAlgorithmicMedia, "协作稿"]
correction: 更正：上一版把“十一月”误作“十二月”。
expires: 2026-12-31
---
桥修好了，行人可以通过。
"""


@pytest.fixture
def site(tmp_path: Any) -> Site:
    made = Site(tmp_path)
    made.config(FOLDER)
    made.write("in/bridge.md", ARTICLE)
    return made


def _rss(site: Site) -> Any:
    (found,) = etree.fromstring((site.feeds / "rss.xml").read_bytes()).iter("item")
    return found


def _atom(site: Site) -> Any:
    tree = etree.fromstring((site.feeds / "atom.xml").read_bytes())
    (found,) = tree.findall("a:entry", NS)
    return found


def test_everything_stands_in_every_place(site: Site) -> None:
    site.run("subscribers", "add", "reader@news.example", "--consent", "made up", "-q")
    site.json("run")
    site.json("digest", "send", "daily")
    assert site.json("verify")["problems"] == []
    entry = site.entry()
    assert entry["labels"] == [
        {"kind": "advertisement", "text": "广告", "url": None},
        {"kind": "ai", "text": None, "url": MADE},
        {"kind": "label", "text": "协作稿", "url": None},
        {"kind": "correction", "text": "更正：上一版把“十一月”误作“十二月”。", "url": None},
    ]
    assert entry["expires"] == "2027-01-01T00:00:00+08:00"
    words = ("广告", "AI生成", "协作稿", "更正：上一版", "2026-12-31", "青禾镇老桥修缮完工")
    words += ("林素", "顾清和")
    page = (site.feeds / f"articles/{entry['id']}.html").read_text()
    mail = site.json("digest", "preview", "daily")
    item, atom = _rss(site), _atom(site)
    feed = json.loads((site.feeds / "feed.json").read_text())["items"][0]
    places = {
        "page": page, "mail": mail["html"], "text": mail["text"],
        "rss": item.findtext("description"), "atom": atom.findtext("a:content", "", NS),
        "json": feed["content_html"],
    }  # fmt: skip
    for place, text in places.items():
        for word in words:
            assert word in text, (place, word)
    assert feed["_syndicate"]["labels"] == entry["labels"]
    assert feed["_syndicate"]["editor_of_record"] == "顾清和"
    assert feed["_syndicate"]["expires"] == "2027-01-01T00:00:00+08:00"
    for found in (item, atom):
        valid = found.findtext("dcterms:valid", "", NS)
        assert valid == "end=2027-01-01T00:00:00+08:00; scheme=W3C-DTF"
        assert found.findtext("dcterms:alternative", "", NS) == "青禾镇老桥修缮完工"
    categories = [(c.get("domain"), c.text) for c in item.findall("category")]
    assert (f"{SCHEME}:advertisement", "广告") in categories
    assert (SOURCE_TYPES, MADE) in categories
    terms = [
        (c.get("scheme"), c.get("term"), c.get("label")) for c in atom.findall("a:category", NS)
    ]
    assert (SCHEME, "ai", None) in terms
    assert (SCHEME, "label", "协作稿") in terms
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert found is not None
    linked = json.loads(found[1])
    assert linked["@type"] == "AdvertiserContentArticle"
    assert linked["digitalSourceType"] == "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
    assert linked["correction"][0]["text"].startswith("更正：")
    assert linked["expires"] == "2027-01-01T00:00:00+08:00"


@pytest.mark.parametrize("file", ["rss.xml", "atom.xml", "feed.json"])
def test_another_syndicate_reads_the_labels_from_our_feeds(
    site: Site, tmp_path: Any, file: str
) -> None:
    site.run("publish")
    site.run("run")
    other = Site(tmp_path / "other")
    other.root.mkdir()
    other.config(f'[[sources]]\nid = "up"\npath = "{site.feeds / file}"\n')
    other.run("run")
    entry = other.entry()
    said = {(label["kind"], label["text"]) for label in entry["labels"]}
    assert {("advertisement", "广告"), ("label", "协作稿")} <= said
    assert MADE in [label["url"] for label in entry["labels"]]
    assert "correction" in {kind for kind, _ in said}
    assert entry["expires"] == "2027-01-01T00:00:00+08:00"
    assert entry["attribution"]["original_title"] == "青禾镇老桥修缮完工"
    assert entry["categories"] == []
    assert other.json("verify")["problems"] == []


def test_a_title_that_is_the_same_is_not_said_twice(site: Site) -> None:
    site.write("in/bridge.md", ARTICLE.replace("青禾镇老桥修缮完工", "青禾镇修好了桥"))
    site.run("run")
    entry = site.entry()
    assert "原标题" not in (site.feeds / f"articles/{entry['id']}.html").read_text()
    assert _rss(site).find("dcterms:alternative", NS) is None


def test_an_update_does_not_lose_a_label(tmp_path: Any) -> None:
    site = Site(tmp_path)
    site.config('[[sources]]\nid = "up"\npath = "up.xml"\ncontent = "full"\n')
    marked = item(1, category="advertorial", title="【推广】第1篇报道")
    site.write("up.xml", rss(marked))
    site.run("run")
    assert {label["kind"] for label in site.entry()["labels"]} == {"sponsored"}
    site.write("up.xml", rss(item(1, "正文改过了，与先前不同，多写了几句话。")))
    site.run("run", at="2026-11-24T09:00:00+08:00")
    assert [label["text"] for label in site.entry()["labels"]] == ["advertorial", "推广"]
    (flag,) = [row for row in site.json("review") if row["kind"] == "label"]
    assert "advertorial, 推广" in flag["reason"]
    assert site.json("verify")["problems"] == []


def test_verify_sees_a_label_that_was_taken_out(site: Site) -> None:
    site.run("run")
    entry = site.entry()
    for name in (f"articles/{entry['id']}.html", "rss.xml", "atom.xml", "feed.json"):
        path = site.feeds / name
        before = path.read_text()
        path.write_text(before.replace("广告", "好货"))
        problems = site.json("verify", status=1)["problems"]
        assert any(p["file"] == name and "广告" in str(p["stored"]) for p in problems), name
        path.write_text(before)


def test_labels_on_pages_and_in_text(tmp_path: Any) -> None:
    site = Site(tmp_path)
    site.config('[[sources]]\nid = "in"\nname = "甲"\ntype = "folder"\npath = "in"\n')
    paragraphs = "".join(
        f"<p>第{n}段正文，说的是村里修路的经过，写得长一些。</p>" for n in range(8)
    )
    site.write(
        "in/a.html",
        "<html><head><title>修路记</title>"
        f'<meta name="digitalSourceType" content="{MADE}">'
        '<meta property="article:expiration_time" content="2027-02-01T00:00:00+08:00">'
        '<script type="application/ld+json">{"@type": "AdvertiserContentArticle",'
        ' "sponsor": {"name": "某某公司"}, "correction": "第二段的数字有误。"}</script></head>'
        f"<body><article><h1>修路记</h1>{paragraphs}</article></body></html>",
    )
    site.write(
        "in/b.txt", "【更正】另一篇\n来源：乙报\n\n" + "这是正文。" * 20 + "\n\n（本文由AI生成）\n"
    )
    site.run("run")
    shown = {row["title"]: site.json("show", row["id"]) for row in site.json("list")}
    assert {(la["kind"], la["text"]) for la in shown["修路记"]["labels"]} == {
        ("ai", None), ("sponsored", "某某公司"), ("correction", "第二段的数字有误。"),
    }  # fmt: skip
    assert shown["修路记"]["expires"] == "2027-02-01T00:00:00+08:00"
    assert [la["kind"] for la in shown["【更正】另一篇"]["labels"]] == ["correction", "ai"]
    assert "推广：某某公司" in (site.feeds / f"articles/{shown['修路记']['id']}.html").read_text()
