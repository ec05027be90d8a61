"""The desk at which a worker process reads feeds: what it is given once, and what it does with it.

Light to import, since the process that sends the work needs these names and none of what is
behind them.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from syndicate.core import document
from syndicate.core.document import Document
from syndicate.model import FeedFacts, Headers
from syndicate.settings import Column, Site, Source
from syndicate.values import replaced

if TYPE_CHECKING:
    from syndicate.core.classify import Classifier
    from syndicate.core.prepared import Prepared


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
    from syndicate.core import classify, linear

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
    from syndicate.core.draft import draft

    def drafted(feed: FeedFacts, each: Prepared) -> Prepared:
        return replaced(each, draft=draft(desk, source, feed, each))

    zone = source.timezone
    read = document.read_feed(data, content_type, url, zone, known, headers, said, drafted)
    return document.packed(read)
