"""Newsletters from a mailbox: what is unread becomes entries, and is marked as read afterwards."""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from syndicate.adapters.parsing import Workers
from syndicate.adapters.store.sources import SourceState
from syndicate.core import polling
from syndicate.core.document import Document
from syndicate.errors import ParseError
from syndicate.jobs.ingest.outcome import Brought
from syndicate.model import FeedFacts
from syndicate.settings import Source

if TYPE_CHECKING:
    from syndicate.adapters.mailbox import Letter, Mailbox
    from syndicate.core.prepared import Prepared

Open = Callable[[Source], "Mailbox"]
LETTERS = 200  # read in one poll
_SECONDS = 5.0  # for one letter


@dataclass(slots=True)
class _Read:
    """What came of the letters: `done` are the keys of those that need not be read again."""

    prepared: list[Prepared] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    marks: set[bytes] = field(default_factory=set)
    known: int = 0
    problems: list[str] = field(default_factory=list)


async def read(source: Source, state: SourceState, open: Open, workers: Workers) -> Brought:
    """One poll of a mailbox. Raises FetchError where it cannot be read."""
    mailbox = open(source)
    letters, read = mailbox.unread(LETTERS), _Read()
    while (letter := await asyncio.to_thread(_next, letters)) is not None:
        await _take(letter, source, state, workers, read)
    after = replace(state, items=frozenset(read.seen))
    document = Document(tuple(read.prepared), FeedFacts(), after.items, read.known)
    acknowledge = functools.partial(mailbox.acknowledge, tuple(read.done)) if read.done else None
    return Brought(
        source,
        after,
        document,
        problems=tuple(read.problems),
        answer=polling.Answer(status=200),
        acknowledge=acknowledge,
    )


def _next(letters: Iterator[Letter]) -> Letter | None:
    return next(letters, None)


async def _take(
    letter: Letter, source: Source, state: SourceState, workers: Workers, read: _Read
) -> None:
    if letter.data is None:
        read.problems.append(letter.error)
        return
    digest = hashlib.blake2b(letter.data, digest_size=16).digest()
    read.seen.add(digest)
    if digest in state.items:  # it could not be marked as read, or not be read at all
        read.known += 1
        return
    try:
        from syndicate.core import newsletter

        prepared = await workers.run(
            newsletter.prepare, letter.data, source.timezone, timeout=_SECONDS
        )
    except ParseError as error:
        read.problems.append(f"{letter.key}: {error}")
        return
    read.done.append(letter.key)
    if prepared is None:
        return
    # One letter that was sent to several of our addresses is one, under one Message-ID or two
    marks = {mark for mark in (prepared.marks.id, prepared.marks.text) if mark is not None}
    if marks & read.marks:
        read.known += 1
    else:
        read.prepared.append(prepared)
    read.marks |= marks
