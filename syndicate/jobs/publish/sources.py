"""sources.html: who is read, a hundred to a page; only pages of which something changed."""

from __future__ import annotations

from syndicate.adapters.store import placements, tallies
from syndicate.adapters.store import sources as source_store
from syndicate.jobs.publish.pages import Pages
from syndicate.jobs.publish.plan import Plan
from syndicate.jobs.publish.writing import Writing

_PAGE = 100


def path(number: int) -> str:
    """Where a page of the list stands; the first has number 1."""
    return f"sources-{number}.html" if number > 1 else "sources.html"


def write(writing: Writing, pages: Pages, made: Plan) -> None:
    """Bring the list up to date; after `writing.record`, which counts."""
    conn, configured = writing.conn, [source.id for source in writing.settings.sources]
    if writing.rebuild:
        tallies.recount(conn)
        tallies.tell(conn, source_store.told(conn))
    brought = set(placements.sources_of(conn, sorted(made.entries)).values())
    changed = tallies.tell(conn, source_store.told(conn, sorted(brought))) | writing.sources
    former = tallies.others(conn, configured)
    listed = [*configured, *former]
    count = max(-(-len(listed) // _PAGE), 1)
    for number in range(1, count + 1):
        here = listed[(number - 1) * _PAGE : number * _PAGE]
        if writing.rebuild or changed.intersection(here):
            html = pages.sources(tallies.of(conn, here), here, number, count)
            writing.put(path(number), html.encode("utf-8", "replace"), "page")
    while writing.disk.exists(path(count + 1)):
        count += 1
        writing.drop(path(count))
