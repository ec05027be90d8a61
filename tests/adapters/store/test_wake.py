"""Notifications: heard when what they speak of is committed, and only then."""

from __future__ import annotations

import asyncio
import contextlib

from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.wake import Listener, wake


def test_what_is_committed_is_heard(database: Database) -> None:
    async def listen() -> list[str | None]:
        listener = Listener(database)
        heard = [await listener.wait(0.01)]  # connects; whatever there is has to be looked at
        with contextlib.suppress(RuntimeError), database.begin() as conn:
            wake(conn, "undone")
            raise RuntimeError
        with database.begin() as conn:
            wake(conn, "mail")
        heard.append(await listener.wait(2.0 if not database.is_sqlite else 0.01))
        heard.append(await listener.wait(0.01))
        await listener.close()
        return heard

    expected = [None, None if database.is_sqlite else "mail", None]
    assert asyncio.run(listen()) == expected
