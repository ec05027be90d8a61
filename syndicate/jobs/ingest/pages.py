"""Articles on web pages: those that a listing page leads to, and those behind a feed's links."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from syndicate.adapters.http import Answer
from syndicate.adapters.parsing import Workers
from syndicate.adapters.store.sources import SourceState
from syndicate.core import identity, urls
from syndicate.core.document import Document
from syndicate.errors import FetchError, SyndicateError
from syndicate.jobs.ingest.outcome import Brought, for_polling
from syndicate.jobs.ingest.visits import Visitor
from syndicate.model import FeedFacts
from syndicate.settings import Source

if TYPE_CHECKING:
    from syndicate.core.fulltext import Article, Fetched
    from syndicate.core.listing import Listed, Listing
    from syndicate.core.prepared import Prepared

ARTICLES = 50  # fetched from one source in one poll
_BEHIND = 200  # pages behind the links of one feed in one poll
_PAGES = 5  # of a list that goes on over several
_TRIES = 3  # polls in which an article that fails is tried
_REMEMBERED = 5000  # articles of a list
_SECONDS = 5.0  # for one page; the reader takes half a second to load in each worker, once
_SPAN = 60.0  # seconds that the pauses asked for by a host may add to a poll


@dataclass(frozen=True, slots=True)
class PageReader:
    """Reads pages: fetched politely, read in workers, `together` at once from one source."""

    visitor: Visitor
    workers: Workers
    together: int

    async def source(self, source: Source, state: SourceState) -> Brought:
        """One poll of a source of type `page`. Raises SyndicateError where its list is not read."""
        known = bool(state.etag or state.last_modified)
        answer = await self.visitor.fetch(state.url, state.etag, state.last_modified)
        if answer.not_modified and known:
            return Brought(source, state, answer=for_polling(answer, state))
        if answer.failure is not None:
            told = for_polling(answer, state)
            return Brought(source, state, error=answer.failure, answer=told)
        digest = hashlib.blake2b(answer.body, digest_size=16).digest()
        after = replace(
            state, etag=answer.etag, last_modified=answer.last_modified, body_hash=digest
        )
        if digest == state.body_hash:
            return Brought(source, after, answer=for_polling(answer, state))
        return await self._listed(source, after, answer)

    async def _listed(self, source: Source, state: SourceState, answer: Answer) -> Brought:
        found = await self._lists(source, state, answer)
        fresh = [each for each in found.items if _mark(each) not in state.items]
        limit = await self._limit(answer.url)
        read = await self._articles(source, fresh[:limit])
        problems = [*answer.problems, *found.problems, *(text for _, text in read.failed)]
        after = _remember(state, found, fresh[limit:], read)
        document = Document(
            entries=tuple(article.prepared for article in read.articles),
            feed=_facts(after, answer.url),
            items=after.items,
            known=len(found.items) - len(fresh),
        )
        told = for_polling(answer, state)
        return Brought(source, after, document, None, tuple(problems), told)

    async def _limit(self, url: str) -> int:
        """How many articles may be fetched now: few where the host wants long pauses."""
        delay = await self.visitor.delay(url)
        return max(1, min(ARTICLES, int(_SPAN / delay))) if delay else ARTICLES

    async def _lists(self, source: Source, state: SourceState, answer: Answer) -> _Found:
        """The list, over as many pages as may hold what is not known."""
        first = await self._list(source, answer)
        found = _Found(list(first.items))
        site, page, seen = first.site, first, {urls.canonical(answer.url)}
        is_behind = not state.items or bool(state.facts.get("more"))
        while page.next and len(seen) < _PAGES and urls.canonical(page.next) not in seen:
            if not is_behind and any(_mark(each) in state.items for each in page.items):
                break
            seen.add(urls.canonical(page.next))
            try:
                page = await self._list(source, await self._fetched(page.next))
            except SyndicateError as error:
                found.problems.append(str(error))
                break
            found.items += page.items
        found.items = list({_mark(each): each for each in reversed(found.items)}.values())[::-1]
        found.site = site
        return found

    async def _list(self, source: Source, answer: Answer) -> Listing:
        from syndicate.core import listing

        return await self.workers.run(
            listing.read,
            answer.body,
            answer.header("content-type"),
            answer.url,
            source.select,
            timeout=_SECONDS,
        )

    async def _fetched(self, url: str) -> Answer:
        answer = await self.visitor.fetch(url)
        if answer.failure is not None:
            raise FetchError(answer.failure, where=url)
        return answer

    async def _articles(self, source: Source, wanted: Sequence[Listed]) -> _Read:
        from syndicate.core import fulltext  # heavy, and only workers read

        """These articles, in their order; one that is broken is among the failed."""
        turns = asyncio.Semaphore(self.together)

        async def one(listed: Listed) -> Article | str:
            async with turns:
                try:
                    page = await self._page(listed.link)
                    return await self.workers.run(
                        fulltext.read,
                        page,
                        listed,
                        source.timezone,
                        source.select.content,
                        timeout=_SECONDS,
                    )
                except SyndicateError as error:
                    text = str(error)
                    return text if listed.link in text else f"{listed.link}: {text}"

        outcomes = await asyncio.gather(*map(one, wanted))
        read = _Read()
        for listed, outcome in zip(wanted, outcomes, strict=True):
            if isinstance(outcome, str):
                read.failed.append((listed, outcome))
            else:
                read.articles.append(outcome)
        return read

    async def _page(self, url: str) -> Fetched:
        from syndicate.core.fulltext import Fetched

        answer = await self._fetched(url)
        kind, kept = answer.header("content-type"), answer.kept()
        return Fetched(answer.body, kind, answer.url, kept, answer.terms)

    # --- behind the links of a feed ---------------------------------------------------------

    async def complete(self, source: Source, document: Document) -> Completed:
        """A feed's document, its entries completed by the pages behind their links. Where that
        fails the feed's own text stands, and the reason is among the problems."""
        turns = asyncio.Semaphore(self.together)
        problems: list[str] = []
        failed: list[int] = []

        from syndicate.core import fulltext

        async def one(place: int, prepared: Prepared) -> Prepared:
            link = prepared.parsed.link
            if not urls.is_web(link) or link is None:
                return prepared
            async with turns:
                try:
                    page = await self._page(link)
                    return await self.workers.run(
                        fulltext.complete,
                        prepared,
                        page,
                        source,
                        document.feed.url or source.url,
                        timeout=_SECONDS,
                    )
                except SyndicateError as error:
                    problems.append(f"full text: {error}")
                    failed.append(place)
                    return prepared

        wanted, rest = document.entries[:_BEHIND], document.entries[_BEHIND:]
        entries = (*await asyncio.gather(*map(one, range(len(wanted)), wanted)), *rest)
        if rest:
            problems.append(f"full text: {len(rest)} entries more than {_BEHIND}, with their own")
        whole = replace(document, entries=entries, problems=(*document.problems, *problems))
        return Completed(whole, tuple(failed), tuple(range(len(wanted), len(entries))))


@dataclass(frozen=True, slots=True)
class Completed:
    """A feed's document with full texts; by place the entries whose pages failed, and those that
    were not asked for yet."""

    document: Document
    failed: tuple[int, ...]
    left: tuple[int, ...]


def unfinished(before: SourceState, after: SourceState, done: Completed) -> SourceState:
    """The state after a feed was completed: entries whose pages failed are read again with the
    next polls, as often as an article of a list is, and those that were left always."""
    hashes = done.document.hashes
    if not hashes or not (done.failed or done.left):
        return after
    tries: dict[str, int] = before.facts.get("behind", {})
    counted = {hashes[n].hex(): tries.get(hashes[n].hex(), 0) + 1 for n in done.failed}
    again = {mark: count for mark, count in counted.items() if count < _TRIES}
    unread = {bytes.fromhex(mark) for mark in again} | {hashes[n] for n in done.left}
    if not unread:
        return after
    return replace(
        after,
        items=after.items - unread,
        facts={**after.facts, "behind": again},
        etag=None,
        last_modified=None,
        body_hash=None,
    )


@dataclass(slots=True)
class _Found:
    """What a list holds, and what was wrong with it."""

    items: list[Listed]
    site: str = ""
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Read:
    """Articles that were read, and those that were not with the reason."""

    articles: list[Article] = field(default_factory=list)
    failed: list[tuple[Listed, str]] = field(default_factory=list)


def _mark(listed: Listed) -> bytes:
    return identity.mark("link", urls.canonical(listed.link))


def _remember(
    state: SourceState, found: _Found, left: Sequence[Listed], read: _Read
) -> SourceState:
    """The state after a poll: articles that failed are tried again, but not for ever, and a list
    of which something is left is read again even where it did not change."""
    tries: dict[str, int] = state.facts.get("tries", {})
    failed = {_mark(listed).hex() for listed, _ in read.failed}
    tried = {mark: tries.get(mark, 0) + 1 for mark in failed}
    again = {mark: count for mark, count in tried.items() if count < _TRIES}
    unread = {_mark(listed) for listed in left} | {bytes.fromhex(mark) for mark in again}
    now = frozenset(map(_mark, found.items)) - unread
    known = state.items | now
    names = (found.site, state.facts.get("site"), *(article.site for article in read.articles))
    site = next(filter(None, names), "")
    facts: dict[str, Any] = {
        **{name: value for name, value in state.facts.items() if name not in ("tries", "more")},
        **({"tries": again} if again else {}),
        **({"more": True} if left else {}),
        **({"site": site} if site else {}),
    }
    unfinished = bool(left or again)
    return replace(
        state,
        items=now if len(known) > _REMEMBERED else known,
        title=site or state.title,
        facts=facts,
        etag=None if unfinished else state.etag,
        last_modified=None if unfinished else state.last_modified,
        body_hash=None if unfinished else state.body_hash,
    )


def _facts(state: SourceState, url: str) -> FeedFacts:
    return FeedFacts(title=state.title or None, url=urls.site(url) or None)
