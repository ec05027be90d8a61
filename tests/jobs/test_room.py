"""What is in memory at once while sources are read has a bound."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from syndicate.jobs.ingest.reading import _UNREAD, Room


def test_nothing_more_is_fetched_while_many_bodies_are_unread() -> None:
    async def told() -> list[str]:
        room, said = Room(2), list[str]()

        async def fetch() -> None:
            await room.until_few()
            said.append("fetched")

        with ExitStack() as first:
            others = first.enter_context(ExitStack())
            first.enter_context(room.unread())
            for _ in range(_UNREAD - 1):
                others.enter_context(room.unread())
            task = asyncio.create_task(fetch())
            await asyncio.sleep(0)
            said.append("one is read")
            others.close()
            await task
        return said

    assert asyncio.run(told()) == ["one is read", "fetched"]


def test_a_document_is_read_when_another_was_stored() -> None:
    async def told() -> list[str]:
        room, said = Room(1), list[str]()
        await room.enter("first")

        async def read() -> None:
            await room.enter("second")
            said.append("second is in")

        task = asyncio.create_task(read())
        await asyncio.sleep(0)
        room.leave("nobody")  # who has no room gives none
        said.append("first leaves")
        room.leave("first")
        await task
        return said

    assert asyncio.run(told()) == ["first leaves", "second is in"]
