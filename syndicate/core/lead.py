"""Which entry of a story is shown for it, and where its members contradict each other.

The origin leads before reprints, then the more complete attribution, then the earlier. Who
only copies another's link or id is no origin: the origin's link lies on its own source's site.
"""

from __future__ import annotations

from collections.abc import Sequence

from syndicate.core import urls
from syndicate.model import Attribution, Entry


def lead(members: Sequence[Entry]) -> str:
    """The id of the entry that leads; the same for any order of the members."""
    return min(members, key=lambda entry: _rank(entry, members)).id


def _rank(entry: Entry, members: Sequence[Entry]) -> tuple[int, int, float, float, str]:
    others = [other for other in members if other.id != entry.id]
    return (
        -_originality(entry, others),
        -completeness(entry.attribution),
        entry.received.timestamp(),
        entry.sort_at.timestamp(),
        entry.id,
    )


def _originality(entry: Entry, others: Sequence[Entry]) -> int:
    """0: a reprint as far as can be seen; higher: more speaks for the origin."""
    said = entry.attribution
    if said.via:
        return 0  # it came through somebody's hands before ours
    own = urls.canonical(entry.url) if entry.url else ""
    at_home = bool(own) and urls.host(entry.url) in _hosts(said)
    points = 1 if at_home else 0
    if own and any(
        other.attribution.original_url and urls.canonical(other.attribution.original_url) == own
        for other in others
        if other.source != entry.source and (other.attribution.via or not _is_home(other))
    ):
        points += 2 if at_home else 1
    if said.source.name and any(
        other.attribution.source.name == said.source.name and other.attribution.via
        for other in others
    ):
        points += 1
    return points


def _hosts(said: Attribution) -> set[str]:
    return {urls.host(said.source.url), urls.host(said.source.feed)} - {""}


def _is_home(entry: Entry) -> bool:
    return urls.host(entry.url) in _hosts(entry.attribution)


def completeness(said: Attribution) -> int:
    """How much of its origin an entry tells."""
    return sum(
        map(
            bool,
            (
                said.source.name,
                said.source.url or said.source.feed,
                said.authors,
                said.original_url,
                said.published,
                said.rights or said.licence,
                said.editor,
            ),
        )
    )


def contradictions(members: Sequence[Entry]) -> tuple[tuple[str, str], ...]:
    """What members of one story say differently of one article: kind and reason.

    An origin that states no source is no contradiction to a reprint that names it.
    """
    found = []
    authors = {
        tuple(sorted(_folded(p.name) for p in e.attribution.authors)): e
        for e in members
        if e.attribution.authors
    }
    if len(authors) > 1 and not _nested([set(names) for names in authors]):
        told = "; ".join(
            f"{e.id} ({e.source}): {', '.join(p.name for p in e.attribution.authors)}"
            for e in authors.values()
        )
        found.append(("contradiction: author", f"the same text is by different authors: {told}"))
    stated = {
        _folded(e.attribution.source.name): e
        for e in members
        if e.attribution.source.name and e.attribution.via
    }
    if len(stated) > 1:
        told = "; ".join(
            f"{e.id} ({e.source}): {e.attribution.source.name}" for e in stated.values()
        )
        found.append(("contradiction: source", f"the same text is from different sources: {told}"))
    return tuple(found)


def _folded(text: str | None) -> str:
    return "".join((text or "").split()).casefold()


def _nested(sets: Sequence[set[str]]) -> bool:
    """Whether the names of each are among those of the fullest: one that leaves some out."""
    fullest = max(sets, key=len)
    return all(each <= fullest for each in sets)
