"""What reading makes of an entry, on its way from the process that reads to the one that stores.

Values alone: the process that stores need not load what makes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syndicate.core.dedupe import Fingerprint
from syndicate.core.identity import Marks
from syndicate.model import Decision, Entry, ParsedEntry, Piece

if TYPE_CHECKING:
    from syndicate.core.compare import Compared  # where a page was compared; few entries are


@dataclass(frozen=True, slots=True)
class Admitted:
    """An entry as it is to be stored, what was decided about it, what an editor should see."""

    entry: Entry
    decisions: tuple[Decision, ...]
    flags: tuple[tuple[str, str], ...] = ()  # kind, reason


@dataclass(frozen=True, slots=True)
class Prepared:
    """A parsed entry with everything derived from it alone.

    `parsed` has its texts cleaned, its dates in the source's zone, what its text says of its
    origin filled in where it was not stated (each with its evidence), and no raw HTML any more.
    `draft` is the new entry that it would be, where it was read for one (core/draft.py).
    """

    parsed: ParsedEntry
    marks: Marks
    content_html: str
    content_text: str
    summary: str
    language: str
    content_hash: str
    fingerprint: Fingerprint
    draft: Admitted | None = None
    received: tuple[Piece, ...] = ()  # its own bytes, as they came
    compared: Compared | None = None  # with the page behind its link, where that is the original
