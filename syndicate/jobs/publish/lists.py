"""What leads to entries: the front page, the pages of columns, the search index."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from syndicate.adapters.store import archives, placements, published
from syndicate.adapters.store.published import Known
from syndicate.core import search
from syndicate.core.outgoing import Outgoing
from syndicate.jobs.publish import feeds
from syndicate.jobs.publish.pages import Pages
from syndicate.jobs.publish.writing import FRONT, Writing

_FRONT = 5  # entries of a column on the front page


def column(
    writing: Writing, pages: Pages, id: str, touched: Collection[str], down: Sequence[Known]
) -> None:
    """The feeds of a column ("" for the site), its page, and its part of the front page."""
    feeds.column(writing, id, touched, down)
    if not id:
        return
    every = archives.months(writing.conn, id)[::-1]
    newest = placements.newest_ids(writing.conn, id, writing.settings.publish.items)
    outs = list(writing.get(newest).values())
    html = pages.column(id, outs, every)
    writing.put(f"{id}/index.html", html.encode("utf-8", "replace"), "page")
    known = writing.settings.column(id)
    if known and not known.parent:
        writing.done.sections[id] = pages.section(id, outs[:_FRONT]) if outs else ""


def front(writing: Writing, pages: Pages) -> None:
    """The front page, from the parts of its columns."""
    sections = published.values(writing.conn, FRONT)
    kept = {name.removeprefix(FRONT): html for name, html in sections.items()}
    html = pages.front({id: html for id, html in kept.items() if html})
    writing.put("index.html", html.encode("utf-8", "replace"), "page")


def shards(writing: Writing, touched: Collection[str]) -> None:
    """The shards of the search index that hold what changed."""
    listed: dict[int, list[str]] = {}
    for id in sorted(touched):
        listed.setdefault(search.shard(id), []).append(id)
    for number, ids in listed.items():
        shard(writing, number, ids)


def shard(writing: Writing, number: int, ids: Sequence[str]) -> None:
    """One shard with these entries put in, or taken out where they are shown no more."""
    found: Mapping[str, Outgoing] = writing.get(ids)
    shown = [out for out in found.values() if out.entry.lead]
    gone = set(ids) - {out.entry.id for out in shown}
    path = search.path(number)
    old = None if writing.rebuild else writing.disk.read(path)
    writing.put(path, search.update(old, shown, gone), "other")
