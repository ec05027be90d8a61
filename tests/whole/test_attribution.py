"""Attribution from a source's first byte to every output, place by place (contract §6)."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from lxml import etree
from lxml import html as lxml_html
from sites import Site, item, rss

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "cc": "http://backend.userland.com/creativeCommonsRssModule",
}


class Outputs:
    """What is published of the only entry (`title`: of that one), in all four places."""

    def __init__(self, site: Site, title: str = "") -> None:
        rss_tree = etree.fromstring((site.feeds / "rss.xml").read_bytes())
        atom = etree.fromstring((site.feeds / "atom.xml").read_bytes())
        feed = json.loads((site.feeds / "feed.json").read_text())
        self.item = _only(
            [i for i in rss_tree.iter("item") if title in (i.findtext("title") or "")]
        )
        entries = atom.findall("a:entry", NS)
        self.entry = _only([e for e in entries if title in (e.findtext("a:title", "", NS))])
        self.json: dict[str, Any] = _only([i for i in feed["items"] if title in i["title"]])
        row = _only([r for r in site.json("list", "--leads") if title in r["title"]])
        self.id = row["id"]
        self.page = (site.feeds / f"articles/{self.id}.html").read_text()
        self.block = lxml_html.fromstring(self.page)
        self.text = " ".join(self.block.text_content().split())

    def rss(self, path: str) -> list[str]:
        return [e.text or "" for e in self.item.findall(path, NS)]

    def atom(self, path: str) -> list[str]:
        return [e.text or "" for e in self.entry.findall(path, NS)]

    def links(self, rel: str, within: str = "a:link") -> list[str]:
        return [e.get("href") for e in self.entry.findall(within, NS) if e.get("rel") == rel]

    @property
    def bodies(self) -> list[str]:
        """The item's content in each place where a reader looks for it."""
        (content,) = self.atom("a:content") or self.atom("a:summary")
        (encoded,) = self.rss("content:encoded")
        (description,) = self.rss("description")
        return [content, encoded, description, self.json["content_html"]]

    @property
    def unlinked(self) -> str:
        return html.unescape(re.sub(r"<[^>]+>", "", self.page))


def _only(found: list[Any]) -> Any:
    assert len(found) == 1, found
    return found[0]


def _published(site: Site, config: str, *feeds: str, **files: str) -> None:
    site.config(config)
    for name, text in zip(("a.xml", "b.xml"), feeds, strict=False):
        site.write(name, text)
    for name, text in files.items():
        site.write(f"in/{name.replace('_', '.')}", text)
    assert site.json("run")["problems"] == []
    assert site.json("verify")["problems"] == []


FEED = '[[sources]]\nid = "a"\npath = "a.xml"\n'
FULL = FEED + 'permission = "agreed"\n'


def test_what_states_nothing_has_the_feed_as_its_source(site: Site) -> None:
    _published(site, FEED, rss(item(1)))
    out = Outputs(site)
    said = site.entry()["attribution"]
    assert said["source"] == {"name": "源头日报", "url": "https://origin.example/", "feed": None}
    assert said["via"] == []
    assert out.rss("source") == ["源头日报"]
    assert out.item.find("source").get("url") == "https://origin.example/"
    assert out.rss("dc:publisher") == ["源头日报"]
    assert out.atom("a:source/a:title") == ["源头日报"]
    assert out.atom("a:source/a:id") != [""]
    assert out.links("alternate", "a:source/a:link") == ["https://origin.example/"]
    assert out.json["_syndicate"]["source"] == said["source"]
    assert "来源" in out.text
    assert "源头日报" in out.text
    assert out.links("via") == []


def test_a_configured_name_is_how_it_is_attributed(site: Site) -> None:
    _published(site, FEED + 'name = "县报"\n', rss(item(1)))
    assert site.entry()["attribution"]["source"]["name"] == "县报"
    assert Outputs(site).rss("source") == ["县报"]


def test_what_is_stated_is_the_source_and_the_feed_its_last_via(site: Site) -> None:
    stated = item(1) + '<source url="https://first.example/feed">首发网</source>'
    _published(site, FEED, rss(stated))
    said = site.entry()["attribution"]
    assert (said["source"]["name"], said["source"]["feed"]) == (
        "首发网",
        "https://first.example/feed",
    )
    assert said["via"] == [{"name": "源头日报", "url": "https://origin.example/"}]
    out = Outputs(site)
    assert out.item.find("source").get("url") == "https://first.example/feed"
    assert out.rss("dc:publisher") == ["首发网"]
    assert out.atom("a:source/a:title") == ["首发网"]
    assert out.links("via") == ["https://origin.example/"]
    (via,) = [e for e in out.entry.findall("a:link", NS) if e.get("rel") == "via"]
    assert via.get("title") == "源头日报"
    assert out.json["_syndicate"]["via"] == said["via"]
    assert "转载自" in out.text
    for body in out.bodies:
        assert "首发网" in body
        assert "源头日报" in body, "both are shown wherever one is"


ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh"><id>urn:planet</id><title>行星汇编</title>
<updated>2026-11-20T00:00:00Z</updated><link href="https://planet.example/"/>
<link rel="self" href="https://planet.example/atom"/><rights>汇编权归行星</rights>
<entry><id>urn:x:7</id><title>水库的鱼</title><link href="https://lake.example/fish"/>
<link rel="license" href="https://creativecommons.org/licenses/by/4.0/"/>
<link rel="via" href="https://relay.example/9" title="接力站"/>
<author><name>李　明</name><uri>https://lake.example/li</uri><email>li@lake.example</email></author>
<author><name>Anna van der Berg</name></author>
<published>2026-11-01T09:30:00+08:00</published><updated>2026-11-02T10:00:00+08:00</updated>
<rights>湖畔周刊</rights>
<source><id>https://lake.example/feed</id><title>湖畔周刊</title>
<updated>2026-11-02T10:00:00+08:00</updated><link href="https://lake.example/"/>
<link rel="self" href="https://lake.example/feed"/></source>
<content type="html">&lt;p&gt;水库里的鱼今年肥，渔民说水清了。&lt;/p&gt;</content></entry></feed>"""


def test_every_field_in_every_place(site: Site) -> None:
    _published(site, FULL, ATOM)
    shown = site.entry()
    said = shown["attribution"]
    assert said == {
        "source": {
            "name": "湖畔周刊",
            "url": "https://lake.example/",
            "feed": "https://lake.example/feed",
        },
        "authors": [
            {"name": "李　明", "url": "https://lake.example/li", "email": "li@lake.example"},
            {"name": "Anna van der Berg", "url": None, "email": None},
        ],
        "original_url": "https://lake.example/fish",
        "original_id": "urn:x:7",
        "original_title": None,
        "published": "2026-11-01T09:30:00+08:00",
        "updated": "2026-11-02T10:00:00+08:00",
        "rights": "湖畔周刊",
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "editor": None,
        "via": [
            {"name": "接力站", "url": "https://relay.example/9"},
            {"name": "行星汇编", "url": "https://planet.example/"},
        ],
    }
    out = Outputs(site)
    # RSS
    assert out.item.find("source").get("url") == "https://lake.example/feed"
    assert out.rss("dc:creator") == ["李　明", "Anna van der Berg"]
    assert out.rss("author") == ["li@lake.example (李　明)"]
    assert out.rss("link") == out.rss("dc:source") == ["https://lake.example/fish"]
    assert out.rss("guid") == ["urn:x:7"]
    assert out.item.find("guid").get("isPermaLink") == "false"
    assert out.rss("pubDate") == ["Sun, 01 Nov 2026 09:30:00 +0800"]
    assert out.rss("dcterms:modified") == ["2026-11-02T10:00:00+08:00"]
    assert out.rss("dc:rights") == ["湖畔周刊"]
    assert out.rss("cc:license") == ["https://creativecommons.org/licenses/by/4.0/"]
    # Atom
    assert out.atom("a:source/a:id") == ["https://lake.example/feed"]
    assert out.atom("a:author/a:name") == ["李　明", "Anna van der Berg"]
    assert out.atom("a:author/a:uri") == ["https://lake.example/li"]
    assert out.atom("a:author/a:email") == ["li@lake.example"]
    assert out.links("alternate") == ["https://lake.example/fish"]
    assert out.atom("a:id") == ["urn:x:7"]
    assert out.atom("a:published") == ["2026-11-01T09:30:00+08:00"]
    assert out.atom("a:updated") == ["2026-11-02T10:00:00+08:00"]
    assert out.atom("a:rights") == ["湖畔周刊"]
    assert out.links("license") == ["https://creativecommons.org/licenses/by/4.0/"]
    assert out.links("via") == ["https://relay.example/9", "https://planet.example/"]
    # JSON Feed
    assert out.json["id"] == "urn:x:7"
    assert out.json["url"] == "https://lake.example/fish"
    assert [a["name"] for a in out.json["authors"]] == ["李　明", "Anna van der Berg"]
    assert out.json["date_published"] == "2026-11-01T09:30:00+08:00"
    assert out.json["date_modified"] == "2026-11-02T10:00:00+08:00"
    own = out.json["_syndicate"]
    assert (own["source"], own["via"]) == (said["source"], said["via"])
    assert (own["rights"], own["licence"]) == (said["rights"], said["licence"])
    # page
    for label in ("来源", "作者", "原文链接", "发布时间", "版权", "转载自"):
        assert label in out.text, label
    for value in (
        "湖畔周刊",
        "Anna van der Berg",
        "https://lake.example/fish",
        "接力站",
        "行星汇编",
    ):
        assert value in out.text, value
    assert re.search(r"2026-11-01.09:30", out.text)
    # footer
    for body in out.bodies:
        for value in (
            "湖畔周刊",
            "李　明",
            "Anna van der Berg",
            "https://lake.example/fish",
            "2026-11-01",
        ):
            assert value in body


def test_a_link_to_the_page(site: Site) -> None:
    _published(site, FULL + '[publish]\nlink = "page"\n', ATOM)
    out = Outputs(site)
    page = f"https://news.example/articles/{out.id}.html"
    assert out.rss("link") == [page]
    assert out.rss("dc:source") == ["https://lake.example/fish"]
    assert out.links("alternate") == [page]
    assert "https://lake.example/fish" in out.links("via")
    assert out.json["url"] == page
    assert out.json["external_url"] == "https://lake.example/fish"
    assert out.rss("guid") == ["urn:x:7"]


def test_our_own_articles(site: Site) -> None:
    notices = '\n[site.notices]\nreprint = "[免责声明] 转载"\n'
    site.config(notices + '[[sources]]\nid = "own"\ntype = "folder"\npath = "in"\nown = true\n')
    site.write(
        "in/a.md", "---\ntitle: 本站的话\nauthor: 编辑部\ndate: 2026-11-01\n---\n我们的正文。\n"
    )
    site.run("run")
    out = Outputs(site)
    said = site.entry()["attribution"]
    assert said["source"]["name"] == "清河观察"
    assert said["via"] == []
    assert "[免责声明]" not in out.page
    assert all("[免责声明]" not in body for body in out.bodies)
    page = f"https://news.example/articles/{out.id}.html"
    assert f'<link rel="canonical" href="{page}"' in out.page
    assert out.rss("link") == [page]
    assert "转载自" not in out.text
    assert site.json("verify")["problems"] == []


def test_reprints_carry_the_notices(site: Site) -> None:
    notices = (
        '\n[site.notices]\nreprint = "[免责声明] 请在{takedown_days}日内联系"\n'
        'information = "第三方信息"\nroyalty = "领取稿酬"\ntakedown_days = 15\n'
    )
    _published(site, notices + FEED, rss(item(1)))
    out = Outputs(site)
    for text in ("[免责声明] 请在15日内联系", "第三方信息", "领取稿酬"):
        assert text in out.text
        assert text in (site.feeds / "notices.html").read_text()
        assert all(text in body for body in out.bodies)
    assert "notices.html" in out.page


@pytest.mark.parametrize(("content", "body"), [("full", True), ("summary", False), ("link", False)])
def test_how_much_is_shown(site: Site, content: str, body: bool) -> None:
    long = "".join(
        f"<p>第{n}段，讲清河两岸的收成，一亩地打了多少斤粮食，都记在账上。</p>" for n in range(40)
    )
    text = item(1, f"<![CDATA[{long}]]>")
    _published(site, FEED + f'content = "{content}"\n', rss(text))
    out = Outputs(site)
    assert ("第39段" in out.page) is body
    (atom, encoded, _, json_content) = out.bodies  # RSS description may be shorter
    assert all(("第39段" in b) is body for b in (atom, encoded, json_content))
    assert ("第0段" in out.text) is (content != "link")
    assert "第39段" in site.entry()["content_text"], "it is kept, for recognising"
    assert all("源头日报" in b for b in out.bodies)
    for file in ("rss.xml", "atom.xml", "feed.json", "index.html", "rest/index.html"):
        published = (site.feeds / file).read_text()
        assert ("第39段" in published) is ((body and "xml" in file) or (body and "json" in file))
        if content == "link":
            assert "第0段" not in published
    assert all(
        "第39段".encode() not in d or body for n, d in site.published().items() if "search" not in n
    )


def test_content_is_full_by_default_where_there_is_a_licence_alone(site: Site) -> None:
    long = "正文" * 400 + "最末一句"
    licensed = item(1, long) + "<cc:license>https://l.example/by</cc:license>"
    site.config(FEED + '[[sources]]\nid = "b"\npath = "b.xml"\nlicence = "https://l.example/by"\n')
    site.write("a.xml", rss(item(1, long)))
    site.write("b.xml", rss(item(2, "另一篇" * 300 + "最后一句"), link="https://b.example/"))
    site.run("run")
    published = (site.feeds / "rss.xml").read_text()
    assert "最末一句" not in published
    assert "最后一句" in published
    assert licensed


def test_an_upstream_id_belongs_to_who_published_it_first(site: Site) -> None:
    same = {"guid": "tag:x.example,2026:1"}
    _published(site, FEED, rss(item(1, **same)))
    site.config(FEED + '[[sources]]\nid = "b"\npath = "b.xml"\n')
    other = item(2, "完全不同的另一篇文章，讲的是山上的茶园和采茶人的一天，从清早到天黑。", **same)
    site.write("b.xml", rss(other, link="https://b.example/", title="乙报"))
    document = site.json("run")
    assert any("tag:x.example,2026:1" in p["error"] for p in document["problems"])
    feed = json.loads((site.feeds / "feed.json").read_text())
    ids = {i["title"]: i["id"] for i in feed["items"]}
    assert ids["第1篇报道"] == "tag:x.example,2026:1"
    assert ids["第2篇报道"] != "tag:x.example,2026:1"
    rows = {r["title"]: r for r in site.json("list")}
    assert rows["第2篇报道"]["attribution"]["original_id"] == "tag:x.example,2026:1"
    assert rows["第1篇报道"]["story"] != rows["第2篇报道"]["story"]
    assert site.json("verify")["problems"] == []


def test_another_source_cannot_replace_or_hide_an_entry(site: Site) -> None:
    _published(site, FEED, rss(item(1)))
    before = site.entry()
    site.config(FEED + '[[sources]]\nid = "evil"\npath = "b.xml"\n')
    fake = item(
        1,
        "买药请到我们的网店，全场八折，数量有限，先到先得，过期不候，速速下单，包邮到家，假一赔十。"
        "本店十年老字号，专治各种疑难杂症，祖传秘方，药到病除，无效退款，欢迎来电咨询。",
        title="假的标题",
        pubDate="Tue, 24 Nov 2026 07:00:00 +0800",
    )
    site.write("b.xml", rss(fake, title="冒名者", link="https://evil.example/"))
    site.run("run")
    after = site.json("show", before["id"])
    keep = ("id", "title", "url", "status", "content_html", "attribution", "lead")
    assert {k: after[k] for k in keep} == {k: before[k] for k in keep}
    feed = json.loads((site.feeds / "feed.json").read_text())
    assert "第1篇报道" in [i["title"] for i in feed["items"]]


def test_a_relative_link_is_one_of_the_feed_s_site(site: Site) -> None:
    _published(site, FEED, rss(item(1, link="/a/1", guid="17")))
    assert site.entry()["attribution"]["original_url"] == "https://origin.example/a/1"


@pytest.mark.parametrize(
    ("guid", "permalink", "iri"),
    [
        ("17", "false", False),
        ("an id with spaces", "false", False),
        ("https://origin.example/?p=17", "true", True),
        ("urn:uuid:3c1f1c1e-0000-4000-8000-000000000001", "false", True),
        ("文章-十七", "false", False),
        ("tag:origin.example,2026:/17", "false", True),
        ("javascript:alert(17)", "true", False),
    ],
)
def test_ids_of_all_kinds(site: Site, guid: str, permalink: str, iri: bool) -> None:
    said = item(1, guid="") + f'<guid isPermaLink="{permalink}">{guid}</guid>'
    _published(site, FEED, rss(said))
    out = Outputs(site)
    assert out.rss("guid") == [guid]
    assert site.entry()["attribution"]["original_id"] == guid
    assert out.atom("a:id") == [out.json["id"]]
    if iri:
        assert out.json["id"] == guid
    else:
        assert out.json["id"].startswith("tag:")
        assert out.item.find("guid").get("isPermaLink") == "false"
    assert out.json["_syndicate"]["original_id"] == guid


@pytest.mark.parametrize(
    ("given", "kept", "rss_date", "page"),
    [
        ("2022", "2022", "Sat, 01 Jan 2022 00:00:00 +0800", "2022"),
        ("2022-06", "2022-06", "Wed, 01 Jun 2022 00:00:00 +0800", "2022-06"),
        ("2022-06-24", "2022-06-24", "Fri, 24 Jun 2022 00:00:00 +0800", "2022-06-24"),
        ("2022年6月24日", "2022-06-24", "Fri, 24 Jun 2022 00:00:00 +0800", "2022-06-24"),
        ("2022-06-24 09:30", "2022-06-24T09:30+08:00", "Fri, 24 Jun 2022 09:30:00 +0800", "09:30"),
        (
            "2022年6月24日 09:30",
            "2022-06-24T09:30+08:00",
            "Fri, 24 Jun 2022 09:30:00 +0800",
            "09:30",
        ),
        (
            *("2022-06-24T09:30:15Z", "2022-06-24T09:30:15+00:00"),
            *("Fri, 24 Jun 2022 09:30:15 +0000", "09:30:15"),
        ),
    ],
)
def test_a_date_keeps_its_precision(
    site: Site, given: str, kept: str, rss_date: str, page: str
) -> None:
    text = f"---\ntitle: 旧文\nauthor: 佚名\nsource: 旧报\ndate: {given}\n---\n一段旧文。\n"
    _published(site, '[[sources]]\nid = "f"\ntype = "folder"\npath = "in"\n', a_md=text)
    out = Outputs(site)
    stored = site.entry()["attribution"]["published"]
    assert stored.replace("Z", "+00:00") == kept
    assert out.rss("pubDate") == [rss_date]
    assert out.json["_syndicate"]["published"] == stored
    assert page in out.text
    if "09:30" not in given:
        assert not re.search(r"发布时间\S* ?2022\S* 00:00", out.text)


def test_a_zone_less_time_is_in_the_zone_of_its_source(site: Site) -> None:
    config = '[[sources]]\nid = "f"\ntype = "folder"\npath = "in"\ntimezone = "America/New_York"\n'
    text = "---\ntitle: Notice\nsource: Gazette\ndate: 2022-06-24 09:30\n---\nOne paragraph here.\n"
    _published(site, config, a_md=text)
    assert site.entry()["attribution"]["published"] == "2022-06-24T09:30-04:00"
    assert Outputs(site).rss("pubDate") == ["Fri, 24 Jun 2022 09:30:00 -0400"]


def test_without_a_link_the_page_is_the_link_everywhere(site: Site) -> None:
    said = item(1, link="", guid="") + '<guid isPermaLink="false">n1</guid>'
    _published(site, FEED, rss(said))
    out = Outputs(site)
    page = f"https://news.example/articles/{out.id}.html"
    assert out.rss("link") == [page]
    assert out.links("alternate") == [page]
    assert out.json["url"] == page
    assert site.entry()["attribution"]["original_url"] is None


def test_dates_from_the_future_are_unknown(site: Site) -> None:
    later = item(1, pubDate="Thu, 31 Dec 2026 10:00:00 +0800")
    far = item(2, pubDate="Fri, 31 Dec 9999 23:59:59 +0000")
    soon = item(3, pubDate="Wed, 25 Nov 2026 07:00:00 +0800")
    _published(site, FEED, rss(later, far, soon, item(4)))
    rows = {r["title"]: r for r in site.json("list")}
    assert rows["第1篇报道"]["attribution"]["published"] is None
    assert rows["第2篇报道"]["attribution"]["published"] is None
    assert rows["第3篇报道"]["attribution"]["published"] is not None
    history = site.json("show", rows["第1篇报道"]["id"])["history"]
    assert any(h["what"] == "date" and "2026-12-31" in str(h["before"]) for h in history)
    out = Outputs(site, "第1篇")
    assert out.rss("pubDate") == []
    assert out.atom("a:published") == []
    assert out.atom("a:updated") == ["2026-11-24T08:00:00+08:00"] or out.atom("a:updated") == [
        "2026-11-24T00:00:00+00:00"
    ]


def test_no_date_at_all(site: Site) -> None:
    _published(site, FEED, rss(item(1, pubDate="")))
    out = Outputs(site)
    assert site.entry()["attribution"]["published"] is None
    assert out.rss("pubDate") == []
    assert "date_published" not in out.json
    assert "发布时间" not in out.text


def test_rights_of_the_feed_and_of_the_config(site: Site) -> None:
    feed = rss(item(1)).replace("<description>d", "<copyright>© 源头</copyright><description>d")
    _published(site, FEED, feed)
    assert site.entry()["attribution"]["rights"] == "© 源头"
    assert Outputs(site).rss("dc:rights") == ["© 源头"]


def test_rights_and_licence_of_the_source(site: Site) -> None:
    config = FEED + 'rights = "县报所有"\nlicence = "https://l.example/by"\n'
    _published(site, config, rss(item(1)))
    said = site.entry()["attribution"]
    assert (said["rights"], said["licence"]) == ("县报所有", "https://l.example/by")
    assert Outputs(site).rss("cc:license") == ["https://l.example/by"]


@pytest.mark.parametrize(
    ("given", "authors"),
    [
        ("佚名", ["佚名"]),
        ("李　明", ["李　明"]),
        ("张小林、王大海", ["张小林", "王大海"]),
        ("张小林 王大海", ["张小林", "王大海"]),
        ("张小林，王大海；赵四/钱五", ["张小林", "王大海", "赵四", "钱五"]),
        ("记者 张小林 通讯员 王大海", ["张小林", "王大海"]),
        ("Anna van der Berg", ["Anna van der Berg"]),
        ("李 明", ["李 明"]),
        ("[Anna Berg, 张小林]", ["Anna Berg", "张小林"]),
    ],
)
def test_names(site: Site, given: str, authors: list[str]) -> None:
    text = f"---\ntitle: 旧文\nauthor: {given}\nsource: 旧报\n---\n一段旧文。\n"
    _published(site, '[[sources]]\nid = "f"\ntype = "folder"\npath = "in"\n', a_md=text)
    assert [a["name"] for a in site.entry()["attribution"]["authors"]] == authors
    assert Outputs(site).rss("dc:creator") == authors


def test_a_story_names_its_other_sources(site: Site) -> None:
    text = (
        "清河县今年修好了三十里乡道，三个山村第一次通了班车，赶集的老人不用再走两个钟头的山路，"
        "菜农的车也能开到地头，运出去的菜多了一倍，县里说明年还要再修二十里，把剩下的两个村连上。"
    )
    site.config(FEED + '[[sources]]\nid = "b"\npath = "b.xml"\n')
    site.write("a.xml", rss(item(1, text)))
    copy = item(1, text, title="三十里乡道修好了", link="https://b.example/9", guid="b9")
    site.write("b.xml", rss(copy, title="乙报", link="https://b.example/"))
    document = site.json("run")
    assert document["entries"]["duplicates"] == 1
    lead = site.json("list", "--leads")
    assert len(lead) == 1
    out = Outputs(site)
    related = out.links("related")
    assert len(related) == 1
    also = out.json["_syndicate"]["also"]
    assert len(also) == 1
    assert "另见" in out.text
    assert all("另见" in body for body in out.bodies)
    (other,) = [r for r in site.json("list") if not r["lead"]]
    page = (site.feeds / f"articles/{other['id']}.html").read_text()
    assert lead[0]["id"] in page, "a member that is not the lead has a page"
    assert other["title"] not in (site.feeds / "rss.xml").read_text()
    assert site.json("verify")["problems"] == []


def test_an_entry_without_an_id_gets_one_of_the_sites_own(site: Site) -> None:
    _published(site, FEED, rss(item(1, guid="")))
    (made,) = json.loads((site.feeds / "feed.json").read_text())["items"]
    id = site.entry()["id"]
    assert made["id"] == f"tag:news.example,2026:{id}"
    site.config(FEED, site='[site]\nname = "迁"\nurl = "https://moved.example/"\n')
    site.run("publish")
    (moved,) = json.loads((site.feeds / "feed.json").read_text())["items"]
    assert moved["id"] == made["id"]
