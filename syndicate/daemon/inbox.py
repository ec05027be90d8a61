"""mail.inbox as LMTP: the daemon takes what a mail server hands over, while it runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from syndicate.daemon.jobs import say_taken
from syndicate.errors import LimitError, ParseError

if TYPE_CHECKING:
    from syndicate.daemon.jobs import Running
    from syndicate.settings import Settings

log = logging.getLogger("syndicate.daemon")
LMTP = "lmtp:"


@contextlib.asynccontextmanager
async def listening(settings: Settings, at: Running) -> AsyncIterator[None]:
    """While this lasts, mails come in where mail.inbox says; UsageError where that cannot be."""
    if not settings.mail.inbox.startswith(LMTP):
        yield
        return
    from syndicate.adapters import lmtp

    turn = asyncio.Lock()  # one after the other: each is a transaction

    async def take(data: bytes) -> None:
        async with turn:
            await asyncio.to_thread(_take, at, data)

    listener = lmtp.Listener(take, settings.fetch.max_bytes)
    await listener.open(lmtp.socket_at(settings.mail.inbox))
    log.info("taking mail in on %s", settings.mail.inbox)
    try:
        yield
    finally:
        await listener.close()


def _take(at: Running, data: bytes) -> None:
    """Returns when what came of a mail is committed; raises ParseError where it is malformed,
    LimitError where it may be taken another day."""
    with at.application() as app:
        taken = app.take_in([data])
    say_taken(at, taken)
    if taken.problems:
        raise (LimitError if taken.full else ParseError)(taken.problems[0])
