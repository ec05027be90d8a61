"""mail.inbox as LMTP: the daemon takes what a mail server hands over, while it runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from syndicate.errors import ParseError

if TYPE_CHECKING:
    from syndicate.settings import Settings
    from syndicate.wiring import Application

log = logging.getLogger("syndicate.daemon")
LMTP = "lmtp:"


@contextlib.asynccontextmanager
async def listening(
    settings: Settings, application: Callable[[], AbstractContextManager[Application]]
) -> AsyncIterator[None]:
    """While this lasts, mails come in where mail.inbox says; UsageError where that cannot be."""
    if not settings.mail.inbox.startswith(LMTP):
        yield
        return
    from syndicate.adapters import lmtp

    turn = asyncio.Lock()  # one after the other: each is a transaction

    async def take(data: bytes) -> None:
        async with turn:
            await asyncio.to_thread(_take, application, data)

    listener = lmtp.Listener(take, settings.fetch.max_bytes)
    await listener.open(lmtp.socket_at(settings.mail.inbox))
    log.info("taking mail in on %s", settings.mail.inbox)
    try:
        yield
    finally:
        await listener.close()


def _take(application: Callable[[], AbstractContextManager[Application]], data: bytes) -> None:
    """Returns when what came of a mail is committed; raises ParseError where it is malformed."""
    with application() as app:
        taken = app.take_in(data)
    if taken.problems:
        log.warning("mail.inbox: %s", taken.problems[0])
        raise ParseError(taken.problems[0])
