"""One source read: what is due is fetched, what changed is parsed, a failure is a result."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syndicate.adapters import folder
from syndicate.adapters.http import Answer, Fetcher, Request
from syndicate.adapters.parsing import Workers
from syndicate.adapters.store.sources import SourceState
from syndicate.core import desk, document, polling
from syndicate.core.document import Document
from syndicate.errors import ParseError, SyndicateError
from syndicate.jobs.ingest import letters, pages
from syndicate.jobs.ingest.outcome import Brought, for_polling
from syndicate.jobs.ingest.pages import PageReader
from syndicate.model import FeedFacts, Headers, Terms
from syndicate.settings import Settings, Source

if TYPE_CHECKING:
    from syndicate.core.prepared import Prepared

log = logging.getLogger(__name__)

_FOLDER_BATCH = 40  # files that one worker reads at once
_FILE_SECONDS = 5.0
_UNREAD = 8  # bodies; what two processes read in the time that a fetch takes


Read = Callable[[Source, SourceState], Awaitable[Brought]]


def configured(source: Source) -> str:
    """What a source's state was learned from: an edit of it in the config begins anew."""
    return source.url or source.path


class Room:
    """How much is in memory at once: `count` read documents, the next when one was stored; and
    bodies that nobody has read yet, of which `_UNREAD` put off further fetches."""

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)
        self._inside: set[str] = set()
        self._unread = 0
        self._few = asyncio.Event()
        self._few.set()

    async def until_few(self) -> None:
        """Wait while many bodies are unread: to fetch more of them would speed up nothing."""
        await self._few.wait()

    @contextmanager
    def unread(self) -> Iterator[None]:
        """While a body is here that is to be read."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        self._unread += more
        if self._unread < _UNREAD:
            self._few.set()
        else:
            self._few.clear()

    async def enter(self, source: str) -> None:
        """Wait until there is room for the document of a source."""
        await self._free.acquire()
        self._inside.add(source)

    def leave(self, source: str) -> None:
        """The document of a source, if it has one here, was stored or came to nothing."""
        if source in self._inside:
            self._inside.remove(source)
            self._free.release()


@dataclass
class Reader:
    """Reads sources of all types."""

    settings: Settings
    workers: Workers
    fetcher: Fetcher
    now: datetime
    pages: PageReader
    open_mailbox: letters.Open
    room: Room

    async def read(self, source: Source, state: SourceState) -> Brought:
        """Poll one source; never raises for what a source can do."""
        began = time.monotonic()
        brought = await self._read(source, state)
        took = round((time.monotonic() - began) * 1000)
        return replace(brought, state=replace(brought.state, took=took))

    async def _read(self, source: Source, state: SourceState) -> Brought:
        try:
            if source.type == "folder":
                brought = await self._folder(source, state)
            elif source.type == "page":
                brought = await self.pages.source(source, state)
            elif source.type == "mailbox":
                brought = await letters.read(source, state, self.open_mailbox, self.workers)
            elif source.path:
                brought = await self._file(source, state)
            else:
                brought = await self._feed(source, state)
            if source.fulltext and source.type == "feed" and brought.document is not None:
                brought = await self._complete(brought, brought.document, state)
        except SyndicateError as error:
            self.room.leave(source.id)
            return _failed(source, state, str(error), getattr(error, "status", None))
        except Exception as error:  # a fault of ours on one source must not stop the others
            log.debug("source %s", source.id, exc_info=True)
            self.room.leave(source.id)
            return _failed(source, state, f"cannot be read: {type(error).__name__}: {error}")
        return brought

    async def _complete(self, brought: Brought, document: Document, before: SourceState) -> Brought:
        done = await self.pages.complete(brought.source, document)
        problems = (*brought.problems, *done.document.problems[len(document.problems) :])
        after = pages.unfinished(before, brought.state, done)
        return replace(brought, state=after, document=done.document, problems=problems)

    async def _feed(self, source: Source, state: SourceState) -> Brought:
        if state.took is None:  # never asked: there will be something to read
            self.workers.warm()
        known = bool(state.etag or state.last_modified)
        request = Request(state.url, state.etag, state.last_modified, max_bytes=None)
        answer = await self.fetcher.fetch(request, self.room.until_few)
        if answer.not_modified and known:
            return Brought(source, state, answer=for_polling(answer, state))
        if answer.failure is not None:
            told = for_polling(answer, state)
            return Brought(source, state, error=answer.failure, answer=told)
        return await self._parsed(source, state, answer)

    async def _parsed(self, source: Source, state: SourceState, answer: Answer) -> Brought:
        digest = hashlib.blake2b(answer.body, digest_size=16).digest()
        validators = replace(
            state,
            etag=answer.etag if answer.complete else None,
            last_modified=answer.last_modified if answer.complete else None,
            body_hash=digest,
        )
        if digest == state.body_hash:
            return Brought(source, validators, answer=for_polling(answer, state))
        said = {name: text for name, text in answer.terms.items() if name.startswith("tdm-")}
        kind, kept = answer.header("content-type"), answer.kept()
        with self.room.unread():
            read = await self._document(source, answer.body, kind, answer.url, state, kept, said)
        hub = read.hub or answer.link("hub")
        after = _learned(validators, read, hub)
        problems = (*answer.problems, *read.problems)
        return Brought(source, after, read, None, problems, for_polling(answer, after))

    async def _document(
        self,
        source: Source,
        data: bytes,
        content_type: str | None,
        url: str | None,
        state: SourceState,
        headers: Headers = (),
        said: Mapping[str, str] | None = None,
    ) -> Document:
        """A feed read in a worker, with drafts where its entries are complete as they are; `said`
        are the headers of its answer that reserve rights (core/terms.py)."""
        await self.room.enter(source.id)
        given = (data, content_type, url)
        read = await self._worked(source, given, state.items, headers, said)
        if state.items and _marked(read.terms) != state.facts.get("terms", ""):
            # What holds for the whole feed changed, and so did every entry of it
            read = await self._worked(source, given, frozenset(), headers, said)
        return read

    async def _worked(
        self,
        source: Source,
        given: tuple[bytes, str | None, str | None],
        known: frozenset[bytes],
        headers: Headers,
        said: Mapping[str, str] | None,
    ) -> Document:
        if source.fulltext:
            return await self.workers.run(
                document.read_feed, *given, source.timezone, known, headers, said
            )
        return await self.workers.run(
            desk.read_feed, source, *given, known, headers, said, in_context=True
        )

    async def _file(self, source: Source, state: SourceState) -> Brought:
        data = folder.feed_file(Path(source.path), self.settings.fetch.max_bytes)
        digest = hashlib.blake2b(data, digest_size=16).digest()
        if digest == state.body_hash:
            return Brought(source, state, answer=polling.Answer(status=200))
        read = await self._document(source, data, None, source.url or None, state)
        after = _learned(replace(state, body_hash=digest), read, None)
        return Brought(source, after, read, None, read.problems, polling.Answer(status=200))

    async def _folder(self, source: Source, state: SourceState) -> Brought:
        """Articles of a folder: files known by name and bytes are not read again."""
        items: set[bytes] = set()
        fresh: list[tuple[str, bytes]] = []
        problems = []
        for file in folder.files(Path(source.path)):
            if file.data is None:
                problems.append(f"{file.name}: {file.error}")
                continue
            digest = _file_digest(file.name, file.data)
            items.add(digest)
            if digest not in state.items:
                fresh.append((file.name, file.data))
        known = len(items) - len(fresh)
        prepared, failed = await self._articles(fresh, source)
        problems += [f"{name}: {reason}" for name, reason in failed]
        unread = {_file_digest(n, d) for n, d in fresh if n in dict(failed)}
        after = replace(state, items=frozenset(items - unread))
        read = Document(prepared, FeedFacts(), after.items, known)
        return Brought(source, after, read, None, tuple(problems), polling.Answer(status=200))

    async def _articles(
        self, files: list[tuple[str, bytes]], source: Source
    ) -> tuple[tuple[Prepared, ...], tuple[tuple[str, str], ...]]:
        prepared: list[Prepared] = []
        failed: list[tuple[str, str]] = []
        for start in range(0, len(files), _FOLDER_BATCH):
            part = tuple(files[start : start + _FOLDER_BATCH])
            try:
                done, wrong = await self._batch(part, source)
            except ParseError:  # one of them: each on its own tells which
                done, wrong = (), ()
                for each in part:
                    try:
                        one, bad = await self._batch((each,), source)
                        done, wrong = (*done, *one), (*wrong, *bad)
                    except ParseError as error:
                        wrong = (*wrong, (each[0], str(error)))
            prepared += done
            failed += wrong
        return tuple(prepared), tuple(failed)

    async def _batch(
        self, part: tuple[tuple[str, bytes], ...], source: Source
    ) -> tuple[tuple[Prepared, ...], tuple[tuple[str, str], ...]]:
        # trafilatura takes half a second to import in each worker, once
        seconds = _FILE_SECONDS + len(part) * 0.5
        return await self.workers.run(document.read_files, part, source.timezone, timeout=seconds)


def _failed(source: Source, state: SourceState, error: str, status: int | None = None) -> Brought:
    answer = polling.Answer(status=status, error=error)
    return Brought(source, state, error=error, answer=answer)


def _file_digest(name: str, data: bytes) -> bytes:
    return hashlib.blake2b(name.encode() + b"\0" + data, digest_size=16).digest()


def _learned(state: SourceState, read: Document, hub: str | None) -> SourceState:
    """The state with what a document says of its feed."""
    feed = read.feed
    facts: dict[str, Any] = {
        name: value
        for name, value in (
            ("url", feed.url),
            ("feed", feed.feed),
            ("id", feed.id),
            ("logo", feed.logo),
            ("rights", feed.rights),
            ("licence", feed.licence),
            ("language", feed.language),
            ("hub", hub),
            ("ttl", read.ttl_minutes),
            ("skip_hours", list(read.skip_hours)),
            ("skip_days", list(read.skip_days)),
            ("terms", _marked(read.terms)),
        )
        if value
    }
    return replace(state, items=read.items, title=feed.title or state.title, facts=facts)


def _marked(said: Terms) -> str:
    """By what the terms of a feed are known again; "" for none."""
    return hashlib.blake2b(repr(said).encode(), digest_size=8).hexdigest() if said else ""


def scheduled(brought: Brought, arrivals: tuple[datetime, ...], now: datetime) -> SourceState:
    """The state to be stored: with its next poll, as the source and what it brought decide."""
    fixed = polling.every(brought.source.every) if brought.source.every != "auto" else None
    answer = replace(brought.answer, arrivals=arrivals, error=brought.error)
    jitter = random.random() * 0.1  # noqa: S311
    rhythm = polling.next_poll(brought.state.rhythm, answer, now, jitter, fixed)
    return replace(brought.state, rhythm=rhythm)
