"""Long runs of the daemon in processes of their own: the same is done, said and refused."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from sites import AT, Site

from syndicate import config
from syndicate.daemon import apart
from syndicate.errors import OutputError, StoreError
from syndicate.settings import Settings

CONFIG = """
[[sources]]
id = "notes"
type = "folder"
path = "notes"
own = true
"""
NOW = datetime.fromisoformat(AT)


@pytest.fixture
def settings(site: Site) -> Settings:
    site.config(CONFIG)
    site.write("notes/first.md", "---\ntitle: 第一篇\ndate: 2026-11-20\n---\n正文。\n")
    site.write("notes/wrong.md", b"\x00\x01\x02")
    return config.load(site.root / "config.toml")


def test_it_does_what_the_commands_do(site: Site, settings: Settings) -> None:
    done = asyncio.run(apart.run("ingest", settings, NOW))
    assert done.counts.new == 1
    report = asyncio.run(apart.run("publish", settings, NOW))
    assert report.parts["pages"]["written"] > 1
    assert "第一篇" in (site.feeds / "index.html").read_text("utf-8")
    before = site.published()
    site.run("run")
    assert site.published() == before


def test_what_it_cannot_do_is_raised_here(site: Site, settings: Settings) -> None:
    (site.root / "feeds").write_text("no folder")
    asyncio.run(apart.run("ingest", settings, NOW))
    with pytest.raises(OutputError):
        asyncio.run(apart.run("publish", settings, NOW))


def test_what_dies_is_no_answer(settings: Settings) -> None:
    with pytest.raises(StoreError, match="ended with 1"):
        asyncio.run(apart.run("no such kind", settings, NOW))


def test_cancelled_it_ends(settings: Settings) -> None:
    async def cancelled() -> set[str]:
        task = asyncio.create_task(apart.run("ingest", settings, NOW))
        children = Path("/proc/thread-self/children")
        before = set(children.read_text().split())
        while not (found := set(children.read_text().split()) - before):
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return found & set(children.read_text().split())

    assert asyncio.run(cancelled()) == set()
