"""A made-up entry in every page, so that `check` can try a theme before the first article."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from syndicate.core import page
from syndicate.core.frame import frame
from syndicate.core.outgoing import outgoing
from syndicate.model import (
    Attribution,
    Enclosure,
    Entry,
    GivenDate,
    Hop,
    Label,
    Notice,
    NoticeFrom,
    Person,
    Publisher,
)
from syndicate.settings import Digest, Settings

_AT = datetime(2026, 11, 24, tzinfo=UTC)


def entry(column: str, source: str = "sample") -> Entry:
    """An entry in which everything is set that an entry may have."""
    return Entry(
        id="sample000000000000",
        source=source,
        key="sample",
        guid="urn:sample",
        title="示例 <标题> & Sample",
        attribution=Attribution(
            source=Publisher(name="示例日报", url="https://daily.example/"),
            authors=(Person("李　明"), Person("佚名", url="https://daily.example/a")),
            original_url="https://daily.example/1",
            original_title="原来的标题",
            published=GivenDate("2026-11-23T09:30+08:00"),
            updated=GivenDate("2026-11-24"),
            rights="© 示例日报",
            licence="https://licence.example/by",
            editor="王芳",
            via=(Hop("示例文摘", "https://digest.example/"), Hop("示例星球")),
        ),
        received=_AT,
        url="https://daily.example/1",
        content_html="<p>正文</p>",
        content_text="正文",
        summary="摘要",
        language="zh-CN",
        notices=(Notice("声明"), Notice("网站声明", NoticeFrom.SITE)),
        enclosures=(Enclosure("https://daily.example/1.pdf", "application/pdf", 1),),
        thumbnail="https://daily.example/1.jpg",
        column=column,
        columns=(column,),
        labels=(Label("advertisement", "广告"), Label("ai")),
        expires=datetime(2099, 12, 31, 16, tzinfo=UTC),
    )


def contexts(settings: Settings) -> dict[str, dict[str, Any]]:
    """What each template of a page is rendered with, by the template's name."""
    columns, site = settings.columns, settings.site
    column = settings.rest.id
    out = replace(outgoing(entry(column), settings), shown="full")
    near = page.Near(out.entry.id, out.title, out.entry.language)
    top, one, two = (frame(site, columns, depth, settings.digests) for depth in range(3))
    digest = settings.digests[0] if settings.digests else Digest("sample", "示例")
    pages: dict[str, page.Page] = {
        "index.html": page.front(top, columns, {column: [out]}),
        "column.html": page.column(one, columns, column, [out], [("2026-11", 2), ("2026-10", 1)]),
        "article.html": page.article(out, one, columns, previous=near, next=near),
        "taken-down.html": page.taken_down(one),
        "notices.html": page.notices(top),
        "sources.html": page.sources(top, [page.Read("示例", "https://daily.example/")]),
        "search.html": page.search(top, 1, 1),
        "editions.html": page.edition_index(
            two, digest, [page.EditionLink("2026-11-24", "示例", "2026-11-24.html", 1)]
        ),
    }
    shared = {"frame": top, "words": top.words}
    colours = page.style(site) | {"words": top.words}
    return {
        **{name: page.context(made) for name, made in pages.items()},
        **dict.fromkeys(("header.html", "footer.html", "links.html"), shared),
        **dict.fromkeys(("style.css", "feed.css", "search.js"), colours),
    }
