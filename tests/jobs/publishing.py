"""Builders for the tests of publishing: entries, settings, and pages as plain as can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store.archives import Part
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.tallies import Tally
from syndicate.core.footer import footer
from syndicate.core.outgoing import Outgoing
from syndicate.core.page import Near
from syndicate.core.sections import places
from syndicate.model import Attribution, Entry, GivenDate, Hop, Notice, Person, Publisher
from syndicate.settings import Column, Publish, Settings, Site, Source, Storage

NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
COLUMNS = (
    Column("law", "法治"),
    Column("court", "法院", parent="law"),
    Column("rest", "其他", rest=True),
)


def settings(root: Path, **changes: Any) -> Settings:
    made = Settings(
        site=Site("示例站", "https://news.example/"),
        file=root / "config.toml",
        storage=Storage(output=str(root / "feeds")),
        publish=Publish(items=50),
        columns=COLUMNS,
        sources=(
            Source("gov", "示例公报", timezone="Asia/Shanghai", content="full"),
            Source("brief", "示例简报", timezone="Asia/Shanghai", content="summary"),
            Source("home", "示例站", type="folder", own=True, timezone="Asia/Shanghai"),
        ),
    )
    return replace(made, **changes)


def entry(number: int = 1, **changes: Any) -> Entry:
    said = Attribution(
        source=Publisher("示例日报", "https://daily.example/", "https://daily.example/rss.xml"),
        authors=(Person("佚名"), Person("李　明", email="li@daily.example")),
        original_url=f"https://daily.example/{number}",
        original_id=f"upstream-{number}",
        published=GivenDate(f"2026-11-{number % 23 + 1:02}"),
        rights="示例日报社",
        licence="https://licences.example/by",
        via=(Hop("示例公报", "https://gov.example/"),),
    )
    id = f"entry{number:011}"
    made = Entry(
        id=id,
        source="gov",
        key=f"k{number}",
        guid=f"upstream-{number}",
        title=f"第{number}号标题",
        attribution=said,
        received=NOW,
        url=f"https://daily.example/{number}",
        content_html=f"<p>正文{number}</p>",
        content_text=f"正文{number}",
        summary=f"摘要{number}",
        language="zh-CN",
        notices=(Notice("本文仅供参考。"),),
        story=id,
        column="law",
        columns=("law",),
    )
    made = replace(made, **changes)
    if "published_at" not in changes and made.attribution.published:
        at = made.attribution.published.earliest(UTC)
        made = replace(made, published_at=at)
    return made


def store(database: Database, *entries: Entry) -> None:
    with database.begin() as conn:
        entry_store.save(conn, [(e, places(COLUMNS, e.columns)) for e in entries])


class PlainPages:
    """The least that a page can be, for tests of everything around pages."""

    def __init__(self, mark: str = "1") -> None:
        self.mark = mark

    def fingerprint(self) -> str:
        return self.mark

    def article(self, out: Outgoing, newer: Near | None, older: Near | None) -> str:
        return (
            f'<!DOCTYPE html><html><body><article id="{out.entry.id}"><h1>{escape(out.title)}</h1>'
            f"<div>{out.entry.content_html}</div><footer>{footer(out)}</footer></article></body></html>"
        )

    def taken_down(self, entry: str) -> str:
        return "<!DOCTYPE html><html><body><p>已撤下</p></body></html>"

    def expired(self, entry: str) -> str:
        return "<!DOCTYPE html><html><body><p>已过有效期</p></body></html>"

    def section(self, column: str, newest: Sequence[Outgoing]) -> str:
        return "".join(f"<li>{escape(out.title)}</li>" for out in newest)

    def front(self, sections: Mapping[str, str]) -> str:
        return f"<!DOCTYPE html><html><body><ul>{''.join(sections.values())}</ul></body></html>"

    def column(self, id: str, newest: Sequence[Outgoing], months: Sequence[tuple[str, int]]) -> str:
        rows = "".join(f"<li>{escape(out.title)}</li>" for out in newest)
        return f"<!DOCTYPE html><html><body><h1>{id}</h1><ul>{rows}</ul></body></html>"

    def month(
        self, part: Part, entries: Sequence[Outgoing], earlier: Part | None, later: Part | None
    ) -> str:
        return self.column(f"{part.column}{part.month}{part.part}", entries, ())

    def sources(
        self, tallies: Mapping[str, Tally], ids: Sequence[str], number: int, count: int
    ) -> str:
        rows = [(id, *astuple(tallies.get(id, Tally()))) for id in ids]
        return f"<!DOCTYPE html><html><body><p>{escape(str(rows))}</p></body></html>"

    def fixed(self) -> Iterable[tuple[str, bytes]]:
        yield "style.css", b"body{}"
