"""A draft made where an entry was read is what the database would have had decided."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from syndicate.adapters.store import entries, stories
from syndicate.adapters.store.engine import Database, open_engine
from syndicate.adapters.store.schema import bring_up_to_date
from syndicate.core import classify, desk, document, draft, gate
from syndicate.core.origins import Register
from syndicate.jobs.ingest.counts import Counts
from syndicate.jobs.ingest.intake import Intake
from syndicate.settings import Column, Rule, Settings, Site, Source

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
COLUMNS = (
    Column("law", "法治", rules=(Rule(any=("法院", "treaty")), Rule(source=("某报",)))),
    Column("sport", "体育", description="球队 比赛 决赛"),
    Column("rest", rest=True),
)
SETTINGS = Settings(Site("示例", "https://news.example/"), Path("config.toml"), columns=COLUMNS)
PLAIN = Source("plain", url="https://plain.example/feed", timezone="Asia/Shanghai")
STRICT = Source(
    "strict",
    url="https://strict.example/feed",
    timezone="Asia/Shanghai",
    require=("origin",),
    exclude=("广告",),
)
FIXED = Source("fixed", url="https://fixed.example/feed", timezone="Asia/Shanghai", column="sport")


def a_feed(*items: str) -> bytes:
    body = "".join(f"<item>{item}</item>" for item in items)
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>馈</title>'
        f"<link>https://plain.example/</link>{body}</channel></rss>"
    ).encode()


FEED = a_feed(
    "<title>法院判了</title><guid>1</guid><link>https://plain.example/1</link>"
    "<pubDate>Tue, 24 Nov 2026 08:00:00 +0800</pubDate><description>一审宣判。</description>",
    "<title>来自某报</title><guid>2</guid><source url='https://a.example/f'>某报</source>"
    "<description>说了一句话。</description>",
    "<title>体育</title><guid>3</guid><category>体育</category><category>无此栏</category>"
    "<description>决赛今天开始，球队比赛。</description>",
    "<title>将来</title><guid>4</guid><pubDate>Tue, 24 Nov 2099 08:00:00 GMT</pubDate>"
    "<description>来源：海边日报</description>",
    "<title>广告一则</title><guid>5</guid><description>卖东西。</description>",
    "<title>同号</title><guid>5</guid><description>另一则。</description>",
    "<title>没有号</title><link>https://plain.example/6</link>"
    "<pubDate>不是日期</pubDate><description>treaty 谈判。</description>",
)


def taken(folder: Path, source: Source, drafted: bool) -> tuple[list[Any], list[Any], Counts]:
    """All that the database holds after a feed came twice, one entry of it moved before."""
    made = desk.desk(SETTINGS.site, COLUMNS, {"无此栏": "sport"}, None, NOW)
    other = Source("other", url="https://other.example/feed", timezone="UTC")

    def file(entry: Any, source: Source, moved: str | None, stated: str | None) -> Any:
        return classify.file(entry, source, made.classifier, moved=moved, stated=stated)

    def read(source: Source) -> document.Document:
        if drafted:
            return document.unpacked(desk.read_feed(made, source, FEED, None, source.url))
        return document.read_feed(FEED, None, source.url, source.timezone)

    folder.mkdir()
    database = Database(open_engine(f"sqlite:{folder / 't.db'}"))
    bring_up_to_date(database)
    counts = Counts()
    with database.begin() as conn:
        intake = Intake(conn, SETTINGS, file, b"secret", NOW, counts, gate.of(SETTINGS, Register()))
        first = read(source).entries[0]
        moved = draft.draft(made, source, read(source).feed, first)
        stories.file(conn, moved.entry.id, "rest", NOW, "editor")
        for each in (source, other, source):
            intake.take(each, read(each))
        rows = [tuple(row) for row in conn.execute(sa.select(entries.entries).order_by("id"))]
        query = sa.select(entries.decisions).order_by("id")
        decided = [tuple(row) for row in conn.execute(query)]
    database.close()
    return rows, decided, counts


@pytest.mark.parametrize("source", [PLAIN, STRICT, FIXED], ids=lambda source: source.id)
def test_a_draft_changes_nothing_but_where_the_work_is_done(tmp_path: Path, source: Source) -> None:
    rows, decided, counts = taken(tmp_path / "plain", source, drafted=False)
    assert len(rows) == 14
    assert taken(tmp_path / "drafted", source, drafted=True) == (rows, decided, counts)
