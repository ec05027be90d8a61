"""Workers: what hangs is killed, what dies is replaced, and only its own document fails."""

from __future__ import annotations

import asyncio
import operator
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from syndicate.adapters.parsing import Resting, Workers
from syndicate.core import parse
from syndicate.errors import ParseError

T = TypeVar("T")
leave: Callable[[int], object] = os._exit


@pytest.fixture(scope="module")
def run() -> Callable[[Callable[[Workers], Awaitable[T]]], T]:
    """Runs a coroutine over two workers."""

    def call(test: Callable[[Workers], Awaitable[T]]) -> T:
        async def main() -> T:
            workers = Workers(2)
            try:
                return await test(workers)
            finally:
                workers.close()

        return asyncio.run(main())

    return call


def test_a_feed_is_read(run: Callable[..., None]) -> None:
    async def test(workers: Workers) -> None:
        data = b"<rss><channel><title>T</title><item><guid>1</guid></item></channel></rss>"
        feed, hashes = await workers.run(parse.parse_new, data)
        assert feed == parse.parse(data)
        assert len(hashes) == 1

    run(test)


def test_one_process_is_started_beforehand_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    popen = subprocess.Popen

    def start(words: list[str], **more: Any) -> Any:
        started.append(words)
        return popen(words, **more)

    monkeypatch.setattr(subprocess, "Popen", start)

    async def main() -> None:
        workers = Workers(1)
        try:
            workers.warm()
            workers.warm()
            reading = asyncio.create_task(workers.run(abs, -1))
            await asyncio.sleep(0)
            workers.warm()  # while the one is busy
            assert await reading == 1
            workers.warm()
        finally:
            workers.close()

    asyncio.run(main())
    assert len(started) == 1


def test_what_takes_too_long_is_killed_and_the_next_is_read(run: Callable[..., None]) -> None:
    async def test(workers: Workers) -> None:
        start = time.monotonic()
        with pytest.raises(ParseError, match=r"longer than 0\.2 s"):
            await workers.run(time.sleep, 60, timeout=0.2)
        assert time.monotonic() - start < 10
        assert await workers.run(abs, -1) == 1

    run(test)


def test_a_dead_worker_fails_its_own_document_alone(run: Callable[..., None]) -> None:
    async def test(workers: Workers) -> None:
        jobs: list[Awaitable[object]] = [workers.run(leave, 3), workers.run(abs, -2)]
        dying, living = await asyncio.gather(*jobs, return_exceptions=True)
        assert isinstance(dying, ParseError)
        assert living == 2
        assert [await workers.run(abs, n) for n in (-3, -4, -5)] == [3, 4, 5]

    run(test)


def _lives(pid: int) -> bool:
    """Whether a process has still open what it had: a zombie without threads has not."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return "Z (zombie)" not in status or len(list(Path(f"/proc/{pid}/task").iterdir())) > 1
    except OSError:
        return False


def test_a_worker_killed_while_idle_is_replaced(run: Callable[..., None]) -> None:
    async def test(workers: Workers) -> None:
        pid = await workers.run(os.getpid)
        os.kill(pid, 9)
        while _lives(pid):
            await asyncio.sleep(0.01)
        assert await workers.run(abs, -1) == 1

    run(test)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"<html><body/></html>", "web page", id="page"),
        pytest.param(b"<r/>", "not a feed", id="no-feed"),
        pytest.param(b"<!DOCTYPE r [<!ENTITY a 'b'>]><rss/>", "entities", id="entity"),
        pytest.param(b"<rss>" + b"<a>" * 100_000, "nested", id="deep"),
    ],
)
def test_reasons_come_back(run: Callable[..., None], data: bytes, reason: str) -> None:
    async def test(workers: Workers) -> None:
        with pytest.raises(ParseError, match=reason):
            await workers.run(parse.parse_new, data)

    run(test)


def test_memory_is_bounded(run: Callable[..., None]) -> None:
    async def test(workers: Workers) -> None:
        with pytest.raises(ParseError, match="memory"):
            await workers.run(bytes, 4_000_000_000, timeout=20)

    run(test)


def test_a_process_that_rests_is_used_again_with_another_context_and_ends_when_it_is_let_go() -> (
    None
):
    resting = Resting()

    async def main(context: int) -> tuple[int, int]:
        workers = Workers(1, lambda: (int, (context,)), resting)
        try:
            pid = await workers.run(os.getpid)
            return pid, await workers.run(operator.add, 1, in_context=True)
        finally:
            workers.close()

    first, ten = asyncio.run(main(9))
    again, twenty = asyncio.run(main(19))
    assert again == first
    assert (ten, twenty) == (10, 20)
    resting.let_go()
    assert not _lives(first)
    assert resting.take() is None


def test_a_process_that_died_at_rest_is_not_used_again() -> None:
    resting = Resting()

    async def main() -> int:
        workers = Workers(1, None, resting)
        try:
            return await workers.run(os.getpid)
        finally:
            workers.close()

    first = asyncio.run(main())
    os.kill(first, 9)
    while _lives(first):
        time.sleep(0.01)
    assert asyncio.run(main()) != first
    resting.let_go()


def test_a_context_that_cannot_be_made_says_so_and_costs_one_job() -> None:
    async def main() -> int:
        workers = Workers(1, lambda: (int, ("no number",)))
        try:
            with pytest.raises(ParseError, match="no worker process"):
                await workers.run(abs, 1, in_context=True)
            return await workers.run(abs, -1)
        finally:
            workers.close()

    assert asyncio.run(main()) == 1


def test_a_process_does_not_outlive_the_one_that_it_reads_for() -> None:
    code = (
        "import asyncio, os, sys, time\n"
        "from syndicate.adapters.parsing import Workers\n"
        "async def main():\n"
        "    workers = Workers(1)\n"
        "    print(await workers.run(os.getpid), flush=True)\n"
        "    await workers.run(time.sleep, 600, timeout=600)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        reading = int(parent.stdout.readline())
        assert _lives(reading)
        parent.kill()
    until = time.monotonic() + 20
    while _lives(reading):
        assert time.monotonic() < until
        time.sleep(0.01)
