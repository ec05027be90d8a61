"""What one poll of one source came to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from syndicate.adapters.http import Answer
from syndicate.adapters.store.sources import SourceState
from syndicate.core import polling
from syndicate.core.document import Document
from syndicate.settings import Source

_NOTHING = polling.Answer()


@dataclass(frozen=True, slots=True)
class Brought:
    """What one poll of one source came to: its next state, and a document where it changed.

    `error` is None for a success. `problems` are what was wrong but did not stop it.
    `acknowledge` is called once all of it is in the database: it tells a mailbox so.
    """

    source: Source
    state: SourceState
    document: Document | None = None
    error: str | None = None
    problems: tuple[str, ...] = ()
    answer: polling.Answer = _NOTHING
    acknowledge: Callable[[], None] | None = None


def for_polling(answer: Answer, state: SourceState) -> polling.Answer:
    """An answer as the next poll depends on it."""
    return polling.Answer(
        status=answer.status,
        error=answer.failure,
        retry_after=answer.header("retry-after"),
        cache_control=answer.header("cache-control"),
        expires=answer.header("expires"),
        date=answer.header("date"),
        moved_to=answer.moved_to,
        ttl_minutes=state.facts.get("ttl"),
        skip_hours=tuple(state.facts.get("skip_hours", ())),
        skip_days=tuple(state.facts.get("skip_days", ())),
    )
