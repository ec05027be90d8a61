"""SIGTERM and SIGINT while mail goes out: what is in flight is settled, the rest stays queued."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sites import Site

from syndicate.adapters.store import open_database
from tests.conftest import NOW
from tests.jobs.test_send import Server, fill, running, states

CONFIG = """
[mail]
from = "digest@news.example"
route = "smtp://127.0.0.1:{port}"
connections = 2
[[digests]]
id = "daily"
title = "每日摘要"
[[columns]]
id = "rest"
rest = true
[storage]
database = "sqlite:syndicate.db"
"""
COUNT = 40


class _Slow(Server):
    """Takes a message at once, and says so a moment later."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        write = writer.write

        def later(data: Any) -> None:
            wait = 0.1 if data == b"250 taken\r\n" else 0.0
            asyncio.get_running_loop().call_later(wait, write, data)

        writer.write = later  # type: ignore[method-assign]
        await super().serve(reader, writer)


async def _stopped(site: Site, server: Server, number: int) -> subprocess.Popen[str]:
    async with running(server):
        site.config(CONFIG.format(port=server.port))
        process = site.process("deliver", "--at", NOW.isoformat())
        while len(server.got) < 5 and process.poll() is None:
            await asyncio.sleep(0.005)
        process.send_signal(number)
        while process.poll() is None:
            await asyncio.sleep(0.01)
    return process


@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param(signal.SIGTERM, 143, id="SIGTERM"),
        pytest.param(signal.SIGINT, 130, id="SIGINT"),
    ],
)
def test_what_is_in_flight_is_settled_first(tmp_path: Path, number: int, status: int) -> None:
    site, server = Site(tmp_path), _Slow()
    site.config(CONFIG.format(port=1)).run("list")
    database = open_database(f"sqlite:{tmp_path}/syndicate.db")
    try:
        fill(database, COUNT)
        process = asyncio.run(asyncio.wait_for(_stopped(site, server, number), 60))
        said = process.communicate()[1]
        assert process.returncode == status, said
        assert "Traceback" not in said
        taken = len(server.got)
        assert 5 <= taken < COUNT
        assert states(database) == {"sent": taken, "queued": COUNT - taken}
        rest = Server()

        async def again() -> int:
            async with running(rest):
                site.config(CONFIG.format(port=rest.port))
                process = site.process("deliver", "--at", NOW.isoformat())
                while process.poll() is None:
                    await asyncio.sleep(0.01)
                process.communicate()
                return int(process.returncode)

        assert asyncio.run(asyncio.wait_for(again(), 60)) == 0
        assert set(Counter(server.recipients + rest.recipients).values()) == {1}
        assert states(database) == {"sent": COUNT}
    finally:
        database.close()
