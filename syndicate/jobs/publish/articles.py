"""Pages of entries, and the record of what they and the feeds say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store import media, placements, published
from syndicate.adapters.store.placements import Heading
from syndicate.adapters.store.published import DOWN, GONE, OVER, PUBLISHED, Known
from syndicate.adapters.store.tallies import Change
from syndicate.core.outgoing import Outgoing, iri, title_of
from syndicate.core.page import Near
from syndicate.core.record import record
from syndicate.core.sections import places
from syndicate.jobs.publish.pages import Pages
from syndicate.jobs.publish.writing import Writing
from syndicate.model import Entry, Status

_GONE = frozenset((Status.RETRACTED, Status.EXPIRED))
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
    shown = [e for e in found.values() if e.is_out(writing.now)]
    beside = write_shown(writing, pages, writing.outgoing(shown), before)
    for id in ids:
        entry = found.get(id)
        if entry is not None and entry.is_out(writing.now):
            continue
        if entry is not None and entry.status in _GONE and id in before:
            _down(writing, pages, entry, before[id])
        else:
            writing.drop(path(id))
            writing.done.gone.append(id)
            if id in before:
                _less(writing, before[id])
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
    if old is None or old.state != PUBLISHED:
        writing.done.tallied.append(Change(entry.source, 1, entry.received))
    said = record(out) | ({"beside": list(beside)} if any(beside) else {})
    at = old.at if old and old.state == PUBLISHED else writing.now
    shown = places(writing.settings.columns, entry.columns or (entry.column,))
    return Known(entry.id, PUBLISHED, at, iri(out), entry.story, entry.received, shown, said)


def _down(writing: Writing, pages: Pages, entry: Entry, old: Known) -> None:
    over = entry.status is Status.EXPIRED
    html = pages.expired(entry.id) if over else pages.taken_down(entry.id)
    writing.put(path(entry.id), html.encode(), "page")
    _less(writing, old)
    at = old.at if old.state in GONE else writing.now
    known = Known(
        entry.id, OVER if over else DOWN, at, old.iri, entry.story, entry.received, old.columns
    )
    writing.done.known.append(known)


def _less(writing: Writing, old: Known) -> None:
    if old.state == PUBLISHED and old.record and "from" in old.record:
        writing.done.tallied.append(Change(old.record["from"], -1, old.received))
