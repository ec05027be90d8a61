"""What becomes of an entry as far as it can be told without the database, made where it is read.

A draft is right for a new entry whose id, guid and column nobody has a word in; what the database
knows better (an id that is taken, an editor's move) is decided anew there. So the costly part of
filing, which looks through the whole text, is spread over the worker processes.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syndicate.core import admit, attribution, classify, document, identity, linear
from syndicate.core.admit import Admitted
from syndicate.core.classify import Classifier
from syndicate.core.dedupe import Fingerprint
from syndicate.core.document import Document
from syndicate.core.identity import Marks
from syndicate.core.normalize import Prepared
from syndicate.model import (
    Attribution,
    Body,
    Decision,
    Enclosure,
    Entry,
    Evidence,
    FeedFacts,
    GivenDate,
    Headers,
    Hop,
    Label,
    ParsedEntry,
    Person,
    Piece,
    Publisher,
    Terms,
)
from syndicate.settings import Column, Site, Source
from syndicate.values import pack, replaced

# What a document is sent to the process that stores it as
pack(Document, Prepared, Admitted, Marks, Fingerprint, ParsedEntry, Entry, Attribution, Publisher)
pack(Person, Hop, GivenDate, Enclosure, Label, Evidence, Decision, Terms, Piece, Body, FeedFacts)


@dataclass(frozen=True, slots=True)
class Desk:
    """All that drafts are made with, the same for a whole run."""

    site: Site
    classifier: Classifier
    now: datetime


def desk(
    site: Site,
    columns: Sequence[Column],
    mapping: Mapping[str, str],
    model: bytes | None,
    now: datetime,
) -> Desk:
    """A desk of this site; `model` is the learned one as it is stored."""
    learned = linear.load(model) if model is not None else None
    return Desk(site, classify.prepare(columns, mapping, learned), now)


def read_feed(
    desk: Desk,
    source: Source,
    data: bytes,
    content_type: str | None,
    url: str | None,
    known: Container[bytes] = frozenset(),
    headers: Headers = (),
    said: Mapping[str, str] | None = None,
) -> Document:
    """`document.read_feed` with a draft for each entry, packed. Raises ParseError as it does."""

    def drafted(feed: FeedFacts, each: Prepared) -> Prepared:
        return replaced(each, draft=draft(desk, source, feed, each))

    zone = source.timezone
    read = document.read_feed(data, content_type, url, zone, known, headers, said, drafted)
    return document.packed(read)


def draft(desk: Desk, source: Source, feed: FeedFacts, prepared: Prepared) -> Admitted:
    """The new entry that a prepared one would be, filed, with what was decided."""
    said = attribution.effective(prepared.parsed, source, feed, desk.site)
    key = identity.key(prepared.parsed, prepared.marks)
    id = identity.entry_id(source.id, key)
    upstream = prepared.parsed.id
    admitted = admit.new(
        prepared,
        id=id,
        key=key,
        guid=upstream or "",  # one of our own is made where the database is
        attribution=said,
        source=source,
        now=desk.now,
    )
    where = classify.file(admitted.entry, source, desk.classifier, stated=prepared.parsed.column)
    entry, filed = admit.filed(admitted.entry, where, desk.now)
    return Admitted(entry, (*admitted.decisions, *filed), admitted.flags)
