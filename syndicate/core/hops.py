"""The hands that an entry came through, from us to its origin, each with what it is known by.

Nothing is concluded here. What a source states stands in what came from it, and is shown there;
what was read from the words of a text is marked as inferred; that a page was seen is said with
its date; what nothing kept speaks for is shown as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syndicate.core import received, urls
from syndicate.core.compare import Compared
from syndicate.core.evidence import Found, locate
from syndicate.model import Decision, Entry, Piece
from syndicate.settings import Source


@dataclass(frozen=True, slots=True)
class Proof:
    """What speaks for a hop: `kind` is `received`, `config`, `element`, `inferred`, `page` or
    `none`; where it stands, its text, and when it came, was read or was seen."""

    kind: str
    where: str
    text: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One hand: `role` is `read-from`, `via`, `source` or `origin`."""

    role: str
    name: str | None
    url: str | None
    evidence: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Came:
    """One version of an entry as it came."""

    at: datetime
    piece: Piece


@dataclass(frozen=True, slots=True)
class Seen:
    """Its original, looked at: what came of it, and why nothing was compared ("" if it was)."""

    at: datetime
    url: str
    status: int | None
    compared: Compared
    problem: str


def chain(
    entry: Entry,
    source: Source | None,
    came: Sequence[Came],
    history: Iterable[Decision],
    seen: Sequence[Seen],
) -> tuple[Step, ...]:
    """Our source → via, the nearest first → stated source → original."""
    said = entry.attribution
    inferred = _inferred(history)
    values = [said.source.name, said.source.url, said.source.feed, said.original_url, entry.url]
    values += [value for hop in said.via for value in (hop.name, hop.url)]
    states = _Stated(came, [value for value in values if value])
    steps = [_read_from(entry, source, came)]
    for hop in reversed(said.via):
        proofs = states.of(hop.name, hop.url) or _configured(source, hop.name)
        steps.append(Step("via", hop.name, hop.url, _or_none((*proofs, *inferred.get("via", ())))))
    own = source is not None and source.own
    proofs = () if own else states.of(said.source.name, said.source.url, said.source.feed)
    proofs = (*inferred.get("source", ()), *proofs) or _configured(
        source, said.source.name, own=own
    )
    address = said.source.url or said.source.feed
    steps.append(Step("source", said.source.name, address, _or_none(proofs)))
    link = said.original_url or entry.url
    if link and urls.is_web(link):
        proofs = (*inferred.get("original_url", ()), *states.of(link), *map(_looked, seen[-1:]))
        steps.append(Step("origin", None, link, _or_none(proofs)))
    return tuple(steps)


def _or_none(proofs: Sequence[Proof]) -> tuple[Proof, ...]:
    return tuple(dict.fromkeys(proofs)) or (Proof("none", "nothing that was kept states it"),)


def _read_from(entry: Entry, source: Source | None, came: Sequence[Came]) -> Step:
    name = source.name if source and source.name else None
    url = (source.url or source.path) if source else None
    proofs = [
        Proof(
            "received",
            f"{each.piece.body.kind} {each.piece.body.url}".strip(),
            f"sha256 {each.piece.sha256.hex()}",
            each.at,
        )
        for each in came[-2:]
    ]
    if not proofs:
        proofs = [Proof("none", "the bytes were not kept", "", entry.received)]
    return Step("read-from", name or entry.source, url, tuple(proofs))


def _configured(source: Source | None, name: str | None, *, own: bool = False) -> tuple[Proof, ...]:
    if own:
        return (Proof("config", "sources.own: the site is the source of its own articles"),)
    if source is not None and name and source.name == name:
        return (Proof("config", "sources.name", name),)
    return ()


def _inferred(history: Iterable[Decision]) -> Mapping[str, tuple[Proof, ...]]:
    """What was read from a text or page and was not plainly stated, by field."""
    found: dict[str, tuple[Proof, ...]] = {}
    for made in history:
        if made.what != "inferred":
            continue
        field, _, rest = made.reason.partition(" from ")
        where, _, text = rest.partition(": ")
        found[field] = (*found.get(field, ()), Proof("inferred", where, text, made.at))
    return found


class _Stated:
    """Where values stand in what came, the newest version first."""

    def __init__(self, came: Sequence[Came], values: Sequence[str]) -> None:
        self._found: dict[str, tuple[Found, datetime]] = {}
        for each in reversed(came):
            body, piece = each.piece.body, each.piece
            data = received.document(body, piece.start, piece.end)
            kind = dict(body.headers).get("content-type")
            left = [value for value in values if value not in self._found]
            for value, place in locate(data, kind, left).items():
                self._found[value] = (place, each.at)

    def of(self, *values: str | None) -> tuple[Proof, ...]:
        found = (self._found[value] for value in values if value in self._found)
        proofs = (Proof("element", place.where, place.text, at) for place, at in found)
        return tuple(dict.fromkeys(proofs))


def _looked(seen: Seen) -> Proof:
    if seen.problem:
        text = f"not seen: {seen.problem}"
    elif seen.compared.kinds:
        text = f"differs: {', '.join(seen.compared.kinds)}"
    else:
        text = "as here" + (", of which this is an excerpt" if seen.compared.excerpt else "")
    status = f"HTTP {seen.status}: " if seen.status else ""
    return Proof("page", seen.url, status + text, seen.at)
