"""Contract §6, case by case: what is the source, what the last hand, what is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from syndicate.core import attribution
from syndicate.core.attribution import effective
from syndicate.core.words import EN, ZH
from syndicate.model import (
    Attribution,
    Entry,
    FeedFacts,
    GivenDate,
    Hop,
    ParsedEntry,
    Person,
    Publisher,
)
from syndicate.settings import Site, Source

SITE = Site("本站", "https://news.example/", rights="© 本站")
FEED = Source("planet", type="feed", url="https://planet.example/rss.xml")
FACTS = FeedFacts(
    title="清河星球", url="https://planet.example/", rights="© 星球", licence="https://l.example/"
)
FOLDER = Source("portal", type="folder", path="/x")
PAGE = Source("list", type="page", url="https://town.example/news/")
HERE = Hop("清河星球", "https://planet.example/")


def stated(name: str | None = None, url: str | None = None, *via: Hop) -> ParsedEntry:
    said = Attribution(source=Publisher(name=name, url=url), via=via)
    return ParsedEntry(id="urn:1", link="https://planet.example/1", attribution=said)


@pytest.mark.parametrize(
    ("parsed", "source", "facts", "name", "via"),
    [
        pytest.param(stated(), FEED, FACTS, "清河星球", (), id="states nothing: the feed"),
        pytest.param(stated("清河日报"), FEED, FACTS, "清河日报", (HERE,), id="states another"),
        pytest.param(stated("清河星球"), FEED, FACTS, "清河星球", (), id="states the feed by name"),
        pytest.param(
            stated("星球", "http://www.planet.example"), FEED, FACTS, "星球", (),
            id="states the feed by address",
        ),
        pytest.param(
            stated("清河日报", None, Hop("文摘", "https://d.example/")), FEED, FACTS, "清河日报",
            (Hop("文摘", "https://d.example/"), HERE), id="through other hands first",
        ),
        pytest.param(
            stated("清河日报", None, HERE), FEED, FACTS, "清河日报", (HERE,),
            id="the feed is named as a hand already",
        ),
        pytest.param(
            stated(), Source("p", name="我的星球", url="https://planet.example/rss.xml"), FACTS,
            "我的星球", (), id="configured name",
        ),
        pytest.param(stated("清河日报"), FOLDER, FeedFacts(), "清河日报", (), id="folder is no hand"),
        pytest.param(
            stated("清河日报"), Source("f", name="剪报", type="folder"), FeedFacts(), "清河日报", (),
            id="nor is one with a name",
        ),
        pytest.param(
            stated("清河日报", None, Hop("文摘网")), FOLDER, FeedFacts(), "清河日报", (Hop("文摘网"),),
            id="the site that a page names is",
        ),
        pytest.param(
            stated(None, None, Hop("文摘网")), FOLDER, FeedFacts(), "文摘网", (),
            id="page without source: its site",
        ),
        pytest.param(stated(), FOLDER, FeedFacts(), None, (), id="nothing known: nothing said"),
        pytest.param(stated(), PAGE, FeedFacts(), "town.example", (), id="page: its host"),
        pytest.param(
            stated("清河日报", None, Hop("文摘网")), Source("own", type="folder", own=True), FeedFacts(),
            "本站", (), id="own: the site, no hands",
        ),
        pytest.param(stated("佚名"), FEED, FACTS, "佚名", (HERE,), id="佚名 stays"),
    ],
)  # fmt: skip
def test_source_and_via(
    parsed: ParsedEntry, source: Source, facts: FeedFacts, name: str | None, via: tuple[Hop, ...]
) -> None:
    said = effective(parsed, source, facts, SITE)
    assert (said.source.name, said.via) == (name, via)
    assert said.original_url == "https://planet.example/1"
    assert said.original_id == "urn:1"


@pytest.mark.parametrize(
    ("parsed", "source", "rights", "licence"),
    [
        pytest.param(stated(), FEED, "© 星球", "https://l.example/", id="the feed's own"),
        pytest.param(stated("清河星球"), FEED, "© 星球", "https://l.example/", id="stated itself"),
        pytest.param(stated("清河日报"), FEED, None, None, id="not for what it passes on"),
        pytest.param(
            stated("清河日报"), Source("p", url="https://p.example/", rights="约定", licence="CC"),
            "约定", "CC", id="configured",
        ),
    ],
)  # fmt: skip
def test_rights(
    parsed: ParsedEntry, source: Source, rights: str | None, licence: str | None
) -> None:
    said = effective(parsed, source, FACTS, SITE)
    assert (said.rights, said.licence) == (rights, licence)


def test_what_the_feed_adds_to_a_source_that_states_itself() -> None:
    said = effective(stated("清河星球"), FEED, FACTS, SITE)
    assert said.source.url == "https://planet.example/"
    assert said.source.feed == "https://planet.example/rss.xml"


def an_entry(**said: object) -> Entry:
    return Entry(
        id="a" * 12, source="planet", key="k", guid="g", title="题",
        attribution=Attribution(**said), received=datetime(2026, 11, 24, tzinfo=UTC),  # type: ignore[arg-type]
    )  # fmt: skip


def test_rows_in_order_and_only_what_is_known() -> None:
    entry = an_entry(
        source=Publisher(name="清河日报", url="https://daily.example/"),
        authors=(Person("李　明"), Person("佚名", url="https://daily.example/a")),
        published=GivenDate("2022-06"),
        original_url="https://daily.example/1",
        via=(Hop("甲", "https://a.example/"), Hop("乙")),
    )
    rows = attribution.rows(entry, ZH, [an_entry(source=Publisher(name="丙报"))])
    assert [(row.label, row.text) for row in rows] == [
        ("来源", "清河日报"),
        ("作者", "李　明、佚名"),
        ("发布时间", "2022-06"),
        ("原文链接", "https://daily.example/1"),
        ("转载自", "甲 → 乙"),
        ("另见", "丙报"),
    ]
    assert attribution.rows(entry, EN)[1].text == "李　明, 佚名"


def test_what_is_no_web_address_is_no_link() -> None:
    entry = an_entry(
        source=Publisher(name="甲\n乙", url="javascript:alert(1)"), original_url="data:text/html,x"
    )
    rows = attribution.rows(entry, ZH)
    assert rows[0].parts == (("甲 乙", None),)
    assert [row.kind for row in rows] == ["source"]


def test_a_licence_that_is_all_of_the_rights_is_said_once() -> None:
    entry = an_entry(rights="CC-BY-4.0", licence="CC-BY-4.0")
    assert [(row.label, row.text) for row in attribution.rows(entry, ZH)] == [("版权", "CC-BY-4.0")]
