"""check --origin: entries beside the pages that they say are their originals.

Gather: the originals are fetched, as robots.txt allows and no faster than their hosts want, and
read in workers. Apply: what came of each is stored with its date, told in the record of decisions
and flagged for an editor; nothing is held for it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syndicate.adapters.http import Answer
from syndicate.adapters.parsing import Workers
from syndicate.adapters.store import entries, received, stories
from syndicate.adapters.store.engine import Database
from syndicate.core import compare, original
from syndicate.core.compare import Compared
from syndicate.core.fulltext import Fetched
from syndicate.errors import FetchError, SyndicateError
from syndicate.model import Decision, Entry, Status
from syndicate.settings import Settings, Source

Visit = Callable[[str], Awaitable[Answer]]  # raises FetchError
MOST = 200  # entries that one check takes, where none are named
_TOGETHER = 8
_SECONDS = 20.0  # for reading one page and comparing two long texts
_US = "syndicate"
_NOTHING = Compared()


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one entry. `problem` says why nothing was compared, "" where it was."""

    entry: Entry
    url: str
    status: int | None = None
    compared: Compared = _NOTHING
    problem: str = ""
    sha256: bytes | None = None


def chosen(db: Database, settings: Settings, since: datetime) -> tuple[list[Entry], int]:
    """The newest reprints received since a moment that have an original, at most so many, and
    how many more there are."""
    found: list[Entry] = []
    left = 0
    with db.read() as conn:
        for entry in entries.newest(conn, since=since):
            if entry.status not in (Status.PUBLISHED, Status.HELD) or not _address(settings, entry):
                continue
            if len(found) < MOST:
                found.append(entry)
            else:
                left += 1
    return found, left


def _address(settings: Settings, entry: Entry) -> str | None:
    return original.address(entry, settings.source(entry.source))


async def check(
    db: Database,
    settings: Settings,
    wanted: Sequence[Entry],
    *,
    visit: Visit,
    workers: Workers,
    now: datetime,
) -> list[Checked]:
    """Look at the originals of these entries; what came of each, in their order."""
    turns = asyncio.Semaphore(_TOGETHER)

    async def one(entry: Entry) -> Checked:
        async with turns:
            return await _look(settings, entry, visit, workers)

    done = list(await asyncio.gather(*map(one, wanted)))
    await asyncio.to_thread(_store, db, done, now)
    return done


async def _look(settings: Settings, entry: Entry, visit: Visit, workers: Workers) -> Checked:
    source = settings.source(entry.source)
    url = original.address(entry, source)
    if url is None:
        own = source is not None and source.own
        why = "it is our own article" if own else "it names no original"
        return Checked(entry, "", problem=why)
    try:
        answer = await visit(url)
    except FetchError as error:
        return Checked(entry, url, problem=error.what)
    if answer.status in compare.MISSING:
        return Checked(entry, url, answer.status, compare.gone(answer.status, url))
    if answer.failure is not None:
        return Checked(entry, url, answer.status, problem=answer.failure)
    digest = hashlib.sha256(answer.body).digest()
    try:
        found = await _beside(settings, entry, source, answer, workers)
    except SyndicateError as error:
        return Checked(entry, url, answer.status, problem=str(error), sha256=digest)
    return Checked(entry, url, answer.status, found, sha256=digest)


async def _beside(
    settings: Settings, entry: Entry, source: Source | None, answer: Answer, workers: Workers
) -> Compared:
    page = Fetched(answer.body, answer.header("content-type"), answer.url)
    notices = [*(n.text for n in entry.notices), *settings.site.notices.texts()]
    return await workers.run(
        original.compared,
        original.ours(entry),
        page,
        source.timezone if source else settings.site.timezone,
        source.shorten_titles if source else False,
        notices,
        timeout=_SECONDS,
    )


def _store(db: Database, done: Iterable[Checked], now: datetime) -> None:
    for each in done:
        if not each.url:
            continue
        with db.begin() as conn:
            id = each.entry.id
            known = entries.get(conn, id)
            if known is None or known.status is Status.RETRACTED:
                continue  # it went meanwhile
            result: dict[str, Any] = compare.to_json(each.compared)
            if each.problem:
                result["problem"] = each.problem
            made = received.Comparison(id, now, each.url, each.status, each.sha256, result)
            received.add_comparison(conn, made)
            entries.decide(conn, [_decision(each, now)])
            if not each.problem:
                flags = [stories.Flag(id, k, now, t) for k, t in compare.flags(each.compared)]
                stories.replace_flags(conn, id, compare.FLAG, flags, now)


def _decision(each: Checked, now: datetime) -> Decision:
    said = f"not compared: {each.problem}" if each.problem else compare.told(each.compared)
    after = {"status": each.status, "sha256": each.sha256.hex() if each.sha256 else None}
    return Decision(each.entry.id, now, "original", _US, f"{said} ({each.url})", after=after)
