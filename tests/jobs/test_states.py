"""What is remembered of the sources of a run: loaded as their turn comes."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from syndicate.adapters.store import sources
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.sources import SourceState
from syndicate.jobs.ingest.states import AHEAD, States


def test_each_has_its_own_and_few_are_held(database: Database) -> None:
    addresses = {f"s{n}": f"https://s{n}.example/" for n in range(AHEAD * 3)}
    with database.begin() as conn:
        known = [SourceState(id, url, title=id) for id, url in addresses.items() if id != "s7"]
        sources.save(conn, known)
    asked = []

    def count(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", count)
    states = States(database, addresses)

    async def all_of_them() -> dict[str, SourceState]:
        # Out of order, as readers come that wait for different hosts
        ids = [id for pair in zip(list(addresses)[1::2], list(addresses)[::2], strict=True)
               for id in pair]  # fmt: skip
        return {id: await states.take(id) for id in ids}

    found = asyncio.run(all_of_them())
    assert {id: state.title for id, state in found.items()} == {
        id: "" if id == "s7" else id for id in addresses
    }
    assert found["s7"] == SourceState("s7", "https://s7.example/")
    assert len([text for text in asked if text.startswith("SELECT")]) == 3


def test_an_edited_address_begins_anew(database: Database) -> None:
    with database.begin() as conn:
        sources.save(conn, [SourceState("gov", "https://old.example/", title="old")])
    states = States(database, {"gov": "https://new.example/"})
    assert asyncio.run(states.take("gov")) == SourceState("gov", "https://new.example/")
