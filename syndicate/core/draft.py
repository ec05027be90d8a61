"""What becomes of an entry as far as it can be told without the database, made where it is read.

A draft is right for a new entry whose id, guid and column nobody has a word in; what the database
knows better (an id that is taken, an editor's move) is decided anew there. So the costly part of
filing, which looks through the whole text, is spread over the worker processes.
"""

from __future__ import annotations

from syndicate.core import admit, attribution, classify, identity
from syndicate.core.dedupe import Fingerprint
from syndicate.core.desk import Desk
from syndicate.core.document import Document
from syndicate.core.identity import Marks
from syndicate.core.prepared import Admitted, Prepared
from syndicate.model import (
    Attribution,
    Body,
    Decision,
    Enclosure,
    Entry,
    Evidence,
    FeedFacts,
    GivenDate,
    Hop,
    Label,
    ParsedEntry,
    Person,
    Piece,
    Publisher,
    Terms,
)
from syndicate.settings import Source
from syndicate.values import pack

# What a document is sent to the process that stores it as
pack(Document, Prepared, Admitted, Marks, Fingerprint, ParsedEntry, Entry, Attribution, Publisher)
pack(Person, Hop, GivenDate, Enclosure, Label, Evidence, Decision, Terms, Piece, Body, FeedFacts)


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
