"""Editions: what a digest's next issue takes, whether it may go out, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from syndicate.core import admit, urls
from syndicate.model import Entry, Status
from syndicate.settings import Digest

_EARLIER = 3  # editions that a size is compared with; fewer say nothing
_LARGER = 3.0
_MORE_PEOPLE = 2.0


def edition_id(digest: str, local: datetime) -> str:
    """The id of an edition: its digest and the local time in whose place it stands."""
    return f"{digest}-{local:%Y%m%dT%H%M}"


def choose(candidates: Iterable[Entry], digest: Digest, now: datetime) -> tuple[Entry, ...]:
    """The entries of an edition, from the newest published leads that none carried yet.

    What was too old when it was first read is in no edition; what has not been known for
    `settle` yet, or exceeds `items`, is in the next. No more candidates are asked for than needed:
    there may be millions.
    """
    taken: dict[str, Entry] = {}  # by story
    for entry in candidates:
        if admit.too_old(entry, digest.max_age) or entry.received > now - digest.settle:
            continue
        taken.setdefault(entry.story, entry)
        if len(taken) >= digest.items:
            break
    return tuple(taken.values())


@dataclass(frozen=True, slots=True)
class Past:
    """What the gate compares with: sizes and recipients of earlier editions, newest first."""

    sizes: tuple[int, ...]
    recipients: tuple[int, ...]


def objection(entries: Sequence[Entry], recipients: int, past: Past) -> str:
    """Why an edition has to wait for an editor; "" where nothing speaks against it.

    Sizes and recipients are compared with at least three earlier editions: a first one is never
    held for them.
    """
    broken = [e.id for e in entries if e.url and not urls.is_web(e.url)]
    if broken:
        return f"malformed links in {', '.join(broken)}"
    unfit = [e.id for e in entries if e.status is not Status.PUBLISHED]
    if unfit:
        return f"entries that are not published: {', '.join(unfit)}"
    sizes = [size for size in past.sizes if size]
    if len(sizes) >= _EARLIER and len(entries) > max(_LARGER * median(sizes), 5):
        return f"{len(entries)} entries, where earlier editions had {median(sizes):g}"
    if len(past.recipients) >= _EARLIER and recipients > max(
        _MORE_PEOPLE * max(past.recipients), 10
    ):
        return f"it would go to {recipients}, where the most so far was {max(past.recipients)}"
    return ""
