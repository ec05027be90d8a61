"""A source's document, read and prepared: bytes in, values for the database out.

This is what runs in a worker process: decoding, parsing, cleaning and fingerprints, everything
that costs time and could be made to cost too much. What comes back is small.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syndicate.core import received
from syndicate.errors import ParseError
from syndicate.model import NO_TERMS, FeedFacts, Headers, ParsedEntry, ParsedFeed, Piece, Terms

if TYPE_CHECKING:
    from syndicate.core.prepared import Prepared

    Finish = Callable[[FeedFacts, Prepared], Prepared]

_PICKLE = 5  # protocol


@dataclass(frozen=True, slots=True)
class Document:
    """What a document brought.

    `entries` are those not known; `items` the hashes (16 bytes) by which all of its items are
    known next time; `known` how many of them were passed over. `hashes` are those of `entries`, in
    their order; empty where it is not sure which is whose.
    """

    entries: tuple[Prepared, ...]
    feed: FeedFacts
    items: frozenset[bytes] = frozenset()
    known: int = 0
    hub: str | None = None
    ttl_minutes: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    terms: Terms = NO_TERMS  # of the whole feed; those of an entry have them already
    hashes: tuple[bytes, ...] = ()
    packed: bytes = b""  # the entries instead, as `packed` leaves them

    @property
    def brings(self) -> bool:
        """Whether it has entries."""
        return bool(self.entries or self.packed)


def packed(document: Document) -> Document:
    """With its entries as bytes: a fifth of their memory while they wait for the database."""
    if not document.entries:
        return document
    return replace(document, entries=(), packed=pickle.dumps(document.entries, _PICKLE))


def unpacked(document: Document) -> Document:
    """With its entries as values again; what `packed` made in a process of ours, no other."""
    if not document.packed:
        return document
    entries = pickle.loads(document.packed)  # noqa: S301 - our own worker's
    return replace(document, entries=entries, packed=b"")


def read_feed(
    data: bytes,
    content_type: str | None,
    url: str | None,
    zone: str,
    known: Container[bytes] = frozenset(),
    headers: Headers = (),
    said: Mapping[str, str] | None = None,
    finish: Finish | None = None,
) -> Document:
    """Read a feed; entries whose items are known are not prepared again. `headers` are kept with
    the bytes of those that are new.

    `said` are those headers of its answer that reserve text and data mining (TDMRep). `finish`
    makes of each entry what is wanted of it, while its text is at hand. Raises ParseError where
    it cannot be read.
    """
    from syndicate.core import parse, terms  # heavy, and only workers read

    feed, hashes = parse.parse_new(data, content_type=content_type, url=url, known=known)
    if said:
        feed = replace(feed, terms=terms.joined(feed.terms, terms.of_headers(said)))
    fresh = [place for place, digest in enumerate(hashes) if digest not in known]
    own: tuple[bytes, ...] = ()
    if len(fresh) == len(feed.entries):
        own = tuple(hashes[place] for place in fresh)
        pieces = received.of_feed(data, url or "", headers, fresh, len(hashes))
    else:  # items that are none: which one is which is not sure
        pieces = (received.whole("feed", data, url or "", headers),) * len(feed.entries)
    of_feed = facts(feed)
    prepared = _prepared(feed, pieces, url, zone)
    return Document(
        entries=tuple(finish(of_feed, each) for each in prepared) if finish else tuple(prepared),
        feed=of_feed,
        items=frozenset(hashes),
        known=len(hashes) - len(fresh),
        hub=feed.hub,
        ttl_minutes=feed.ttl_minutes,
        skip_hours=feed.skip_hours,
        skip_days=feed.skip_days,
        problems=feed.problems,
        terms=feed.terms,
        hashes=own,
    )


def _prepared(
    feed: ParsedFeed, pieces: Sequence[Piece], url: str | None, zone: str
) -> Iterator[Prepared]:
    from syndicate.core import normalize

    for entry, piece in zip(feed.entries, pieces, strict=True):
        yield normalize.prepare(
            _with_terms(entry, feed.terms),
            zone=zone,
            base=feed.url or url,
            feed_language=feed.language,
            received=(piece,),
        )


def _with_terms(entry: ParsedEntry, feed: Terms) -> ParsedEntry:
    from syndicate.core import terms

    return replace(entry, terms=terms.joined(entry.terms, feed)) if feed else entry


def facts(feed: ParsedFeed) -> FeedFacts:
    """What a feed says of itself, as attribution needs it."""
    return FeedFacts(
        title=feed.title or None,
        url=feed.url,
        feed=feed.feed_url,
        id=feed.id,
        logo=feed.logo,
        rights=feed.rights,
        licence=feed.licence,
        language=feed.language,
    )


def read_files(
    files: tuple[tuple[str, bytes], ...], zone: str
) -> tuple[tuple[Prepared, ...], tuple[tuple[str, str], ...]]:
    """Articles of a folder, prepared, and (name, reason) of those that could not be read."""
    from syndicate.core import article, normalize

    prepared, failed = [], []
    for name, data in files:
        try:
            parsed = article.read_file(name, data)
        except ParseError as error:
            failed.append((name, str(error)))
            continue
        piece = received.whole("file", data, name)
        prepared.append(
            normalize.prepare(
                parsed, zone=zone, local_id=f"file:{name}", read_text=False, received=(piece,)
            )
        )
    return tuple(prepared), tuple(failed)


def page(html: str, url: str, zone: str) -> Prepared:
    """An article on a fetched page, prepared."""
    from syndicate.core import article, normalize

    parsed = article.read_page(html, url)
    return normalize.prepare(replace(parsed, link=parsed.link or url), zone=zone, base=url)
