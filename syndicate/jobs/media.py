"""Local copies of pictures: what is wanted is written down, fetched, cleaned, put in place.

A picture is fetched once for an entry, within the limits of [media], the way a page is: as
robots.txt allows, through the same guard, no faster than its host asks. What does not work is
tried again twice; until a copy is there, and where none can be had, the original is linked.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.engine import Connection

from syndicate.adapters.disk import Disk
from syndicate.adapters.store import entries, media, placements, published
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.media import COPIED, FAILED, WANTED, Copy
from syndicate.adapters.store.published import File
from syndicate.core import image, image_location, pictures
from syndicate.core.outgoing import bare, shown
from syndicate.errors import FetchError, ParseError, SyndicateError
from syndicate.model import Entry, Status
from syndicate.settings import Media, Settings, Source

FOLDER = "media"
_KIND = "media"  # of published files
_AT_ONCE = 500  # pictures of one run; what is left has its turn in the next
_TOGETHER = 8
_SECONDS = 120.0  # of one run
_LOOK = 0.5  # seconds between looks at whether to stop
_TRIES = 3
_WAIT = timedelta(hours=1)  # before the second try; doubled before the third
_CHUNK = 200  # entries read at once
_COPYING = "media:sources"


class Answer(Protocol):
    """What a fetch brings, as far as it matters here."""

    @property
    def body(self) -> bytes: ...
    @property
    def complete(self) -> bool: ...
    @property
    def failure(self) -> str | None: ...


Fetch = Callable[[str], Awaitable[Answer]]


@dataclass
class Copied:
    """What a run did. `problems` are (source, reason) of pictures that will not be copied."""

    copied: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Got:
    """A picture that was fetched, or why not: `again` where it is worth another try."""

    copy: Copy
    data: bytes = b""
    suffix: str = ""
    reason: str = ""
    again: bool = False


def plan(db: Database, settings: Settings, now: datetime) -> int:
    """Write down which pictures are wanted of entries that are about to be published, and forget
    those that are wanted no more; how many are due."""
    disk = Disk(settings.storage.output)
    copying = {source.id: source for source in settings.sources if source.pictures == "copy"}
    with db.read() as conn:
        before = json.loads(published.value(conn, _COPYING) or "[]")
    if not copying and not before:
        return 0
    with db.begin() as conn:
        if before != sorted(copying):
            _changed(conn, disk, {*before} - copying.keys(), copying.keys() - {*before})
            published.set_value(conn, _COPYING, json.dumps(sorted(copying)))
        if not copying:
            return 0
        ids = sorted(placements.touched_entries(conn))
        for start in range(0, len(ids), _CHUNK):
            found = entries.get_many(conn, ids[start : start + _CHUNK])
            _want(conn, disk, copying, found.values(), now)
        return len(media.due(conn, now, _AT_ONCE))


def _changed(conn: Connection, disk: Disk, stopped: Iterable[str], begun: Iterable[str]) -> None:
    """Sources whose pictures are copied no more: gone; those that begin: all of their entries."""
    for source in sorted(stopped):
        for ids in _parts(media.entries_of_source(conn, source)):
            _forget(conn, disk, dict.fromkeys(ids))
    for source in sorted(begun):
        entries.touch(conn, list(media.published_of_source(conn, source)))


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def _want(
    conn: Connection,
    disk: Disk,
    copying: dict[str, Source],
    found: Iterable[Entry],
    now: datetime,
) -> None:
    mine = [e for e in found if e.source in copying and e.status is Status.PUBLISHED]
    known = media.of_entries(conn, [entry.id for entry in mine])
    wanted: list[tuple[str, str]] = []
    gone: dict[str, Sequence[str] | None] = {}
    for entry in mine:
        urls = pictures.wanted(bare(entry), text=shown(copying[entry.source], entry) == "full")
        wanted += [(entry.id, url) for url in urls]
        lost = [
            copy.url
            for copy in known.get(entry.id, ())
            if copy.url not in urls or (copy.file and not disk.exists(copy.file))
        ]
        if lost:
            gone[entry.id] = lost
    _forget(conn, disk, gone)
    media.want(conn, wanted, now)


def _forget(conn: Connection, disk: Disk, gone: dict[str, Sequence[str] | None]) -> None:
    files = media.forget(conn, gone)
    for file in files:
        disk.remove(file)
    published.count(conn, [], files)
    published.forget_files(conn, files)


async def fetch(
    db: Database,
    settings: Settings,
    get: Fetch,
    now: datetime,
    stop: Callable[[], bool] = lambda: False,
) -> Copied:
    """Fetch what is due and put it in place; at most some hundred pictures and two minutes, and
    no longer than until `stop` says so. What is left stays due."""
    done = Copied()
    with db.read() as conn:
        due = media.due(conn, now, _AT_ONCE)
    turns = asyncio.Semaphore(_TOGETHER)

    async def one(copy: Copy) -> None:
        async with turns:
            got = await _get(get, copy, settings.media)
        await asyncio.to_thread(_settle, db, settings, got, now, done)

    tasks = [asyncio.create_task(one(copy)) for copy in due]
    late, end = set(tasks), asyncio.get_running_loop().time() + _SECONDS
    while late and not stop() and asyncio.get_running_loop().time() < end:
        _, late = await asyncio.wait(late, timeout=_LOOK)
    for task in late:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome
    return done


async def _get(get: Fetch, copy: Copy, limits: Media) -> _Got:
    try:
        answer = await get(copy.url)
    except FetchError as error:
        return _Got(copy, reason=str(error), again=True)
    if answer.failure is not None or not answer.complete:
        reason = answer.failure or "the picture broke off"
        return _Got(copy, reason=f"{copy.url}: {reason}", again=True)
    try:
        data, suffix = await asyncio.to_thread(examined, answer.body, limits)
    except SyndicateError as error:
        return _Got(copy, reason=f"{copy.url}: {error}")
    return _Got(copy, data, suffix)


def examined(data: bytes, limits: Media) -> tuple[bytes, str]:
    """A picture as it is kept, and the suffix of its file; ParseError with the reason where it is
    not to be kept."""
    kind = image.kind_of(data)
    if kind is None:
        raise ParseError("is no JPEG, PNG, GIF or WebP picture")
    width, height = image.size_of(data, kind)
    if width * height > limits.max_pixels:
        raise ParseError(f"has {width} × {height} pixels, more than media.max_pixels")
    return image_location.without_location(data, kind), kind.suffix


def path_of(data: bytes, suffix: str) -> str:
    """Where a file with this content stands."""
    name = hashlib.blake2b(data, digest_size=16).hexdigest()
    return f"{FOLDER}/{name[:2]}/{name}{suffix}"


def _settle(db: Database, settings: Settings, got: _Got, now: datetime, done: Copied) -> None:
    """Put a copy in place and write it down, or when it is tried again; nothing where it is wanted
    no more, as after a takedown in the meantime."""
    disk = Disk(settings.storage.output)
    with db.begin() as conn:
        after, due = _outcome(conn, got, settings.media, now)
        if not media.settle(conn, after, due):
            return
        if after.file:
            disk.write(after.file, got.data)
            file = File(after.file, hashlib.blake2b(got.data, digest_size=16).digest(), _KIND)
            published.count(conn, [file], [])
            published.save_files(conn, [file])
            entries.touch(conn, [after.entry])
            done.copied += 1
        elif after.state == FAILED:
            entry = entries.get(conn, after.entry)
            done.problems.append((entry.source if entry else "", f"picture: {after.reason}"))


def _outcome(conn: Connection, got: _Got, limits: Media, now: datetime) -> tuple[Copy, datetime]:
    copy = replace(got.copy, tries=got.copy.tries + 1, reason=got.reason)
    if got.reason:
        again = got.again and copy.tries < _TRIES
        wait = _WAIT * 2 ** (copy.tries - 1)
        return replace(copy, state=WANTED if again else FAILED), now + wait
    others = media.of_entries(conn, [copy.entry]).get(copy.entry, [])
    if sum(each.bytes for each in others if each.file) + len(got.data) > limits.entry_bytes:
        reason = f"{copy.url}: the entry's pictures have more than media.entry_bytes"
        return replace(copy, state=FAILED, reason=reason), now
    file = path_of(got.data, got.suffix)
    return replace(copy, state=COPIED, file=file, bytes=len(got.data)), now
