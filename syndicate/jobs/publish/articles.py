"""Pages of entries, and the record of what they and the feeds say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store import media, placements, published
from syndicate.adapters.store.placements import Heading
from syndicate.adapters.store.published import DOWN, PUBLISHED, Known
from syndicate.core.outgoing import Outgoing, iri, title_of
from syndicate.core.page import Near
from syndicate.core.record import record
from syndicate.core.sections import places
from syndicate.jobs.publish.pages import Pages
from syndicate.jobs.publish.writing import Writing
from syndicate.model import Entry, Status

Beside = tuple[str | None, str | None]  # the newer and the older one in its main column


def path(entry: str) -> str:
    """Where an entry's page stands."""
    return f"articles/{entry}.html"


def write(writing: Writing, pages: Pages, ids: Sequence[str]) -> set[str]:
    """The pages of these entries as they stand now: written, told to be gone, or removed.

    Returns the entries whose pages lead to one of these, or did: their neighbours.
    """
    found = entry_store.get_many(writing.conn, ids)
    before = published.known(writing.conn, ids)
    shown = [e for e in found.values() if e.status is Status.PUBLISHED]
    beside = write_shown(writing, pages, writing.outgoing(shown), before)
    for id in ids:
        entry = found.get(id)
        if entry is not None and entry.status is Status.PUBLISHED:
            continue
        if entry is not None and entry.status is Status.RETRACTED and id in before:
            _down(writing, pages, entry, before[id])
        else:
            writing.drop(path(id))
            writing.done.gone.append(id)
    old = (near for known in before.values() for near in (known.record or {}).get("beside", ()))
    return {id for id in (*old, *(i for pair in beside.values() for i in pair)) if id} - set(ids)


def write_shown(
    writing: Writing, pages: Pages, outs: Iterable[Outgoing], before: Mapping[str, Known]
) -> dict[str, Beside]:
    """The pages of published entries, and what is beside each."""
    listed = list(outs)
    beside = placements.neighbours(writing.conn, [out.entry.id for out in listed])
    wanted = {id for pair in beside.values() for id in pair if id}
    titles = placements.headings(writing.conn, wanted)
    for out in listed:
        newer, older = beside.get(out.entry.id, (None, None))
        near = (_near(writing, titles, newer), _near(writing, titles, older))
        html = pages.article(out, *near)
        writing.put(path(out.entry.id), html.encode("utf-8", "replace"), "page")
        known = _known(writing, out, before.get(out.entry.id), (newer, older))
        writing.done.known.append(known)
    return beside


def release_pictures(writing: Writing, ids: Sequence[str]) -> None:
    """Take away the copies of pictures of what is not published (any more), from disk too;
    a file that another entry's picture stands in as well stays."""
    copied = media.of_entries(writing.conn, ids)
    if not copied:
        return
    found = entry_store.get_many(writing.conn, copied)
    shown = {id for id, entry in found.items() if entry.status is Status.PUBLISHED}
    for file in media.forget(writing.conn, dict.fromkeys(copied.keys() - shown)):
        writing.drop(file)


def _near(writing: Writing, titles: Mapping[str, Heading], id: str | None) -> Near | None:
    heading = titles.get(id or "")
    if heading is None:
        return None
    language = writing.settings.site.language
    title = title_of(heading.title, heading.summary, language)
    return Near(heading.id, title, heading.language)


def _known(writing: Writing, out: Outgoing, old: Known | None, beside: Beside) -> Known:
    entry = out.entry
    if old is None and entry.lead:
        columns = writing.done.columns
        columns[entry.column] = columns.get(entry.column, 0) + 1
    said = record(out) | ({"beside": list(beside)} if any(beside) else {})
    at = old.at if old and old.state == PUBLISHED else writing.now
    shown = places(writing.settings.columns, entry.columns or (entry.column,))
    return Known(entry.id, PUBLISHED, at, iri(entry), entry.story, entry.received, shown, said)


def _down(writing: Writing, pages: Pages, entry: Entry, old: Known) -> None:
    writing.put(path(entry.id), pages.taken_down(entry.id).encode(), "page")
    at = old.at if old.state == DOWN else writing.now
    known = Known(entry.id, DOWN, at, old.iri, entry.story, entry.received, old.columns)
    writing.done.known.append(known)
