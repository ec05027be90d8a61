"""Pages of editions: what they say of each entry is recorded, and read back by verify."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from syndicate.adapters.store.engine import Database
from syndicate.adapters.templates import Templates
from syndicate.jobs import digest as composing
from syndicate.jobs.editions import publish_editions
from syndicate.jobs.publish import SitePages, publish
from syndicate.jobs.verify import Verified, verify
from syndicate.model import Status
from syndicate.settings import Settings
from tests.jobs import test_digest as digests
from tests.jobs.publishing import store
from tests.jobs.test_rebuild import BUILT_IN

TEMPLATES = Templates((BUILT_IN,))
DAY = "editions/daily/2026-11-24.html"
ONE = digests.an_entry(1).id


@pytest.fixture
def made(sqlite_database: Database, tmp_path: Path) -> Settings:
    """One edition of two entries, with its page."""
    settings = digests.config(tmp_path)
    composing.compose_due(sqlite_database, settings, TEMPLATES, digests.SECRET, digests.START)
    digests.join(sqlite_database, digests.reader("a"))
    store(sqlite_database, digests.an_entry(1), digests.an_entry(2))
    write(sqlite_database, settings)
    due = digests.DUE + digests.DAY
    composing.compose_due(sqlite_database, settings, TEMPLATES, digests.SECRET, due)
    write(sqlite_database, settings)
    return settings


def write(database: Database, settings: Settings) -> None:
    publish(database, settings, SitePages(settings, TEMPLATES), digests.DUE)
    publish_editions(database, settings, TEMPLATES, "as it looks")


def page_of(settings: Settings) -> Path:
    (found,) = Path(settings.storage.output).glob("editions/daily/2026-*.html")
    return found


def fields(found: Verified) -> set[tuple[str, str]]:
    return {(problem.entry, problem.field) for problem in found.problems}


def test_an_edition_as_it_was_published(sqlite_database: Database, made: Settings) -> None:
    assert f'id="e-{ONE}"' in page_of(made).read_text("utf-8")
    assert fields(verify(sqlite_database, made)) == set()


def swapped(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


def cut(text: str) -> str:
    return re.sub(rf'<div class="item" id="e-{ONE}">.*?</div>', "", text, flags=re.S)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param(swapped("第1号标题", "别的标题"), "title", id="title"),
        pytest.param(swapped("示例日报", "别的日报"), "source", id="source"),
        pytest.param(swapped("佚名", "某人"), "author", id="author"),
        pytest.param(swapped('https://daily.example/1"', '#"'), "original", id="original link"),
        pytest.param(swapped("示例日报社", ""), "rights", id="rights"),
        pytest.param(swapped("示例公报", ""), "via", id="via"),
        pytest.param(swapped("本文仅供参考。", ""), "notices", id="notice"),
        pytest.param(cut, "presence", id="the whole entry"),
    ],
)
def test_what_was_changed_in_an_edition_is_found(
    sqlite_database: Database, made: Settings, change: Callable[[str], str], field: str
) -> None:
    page = page_of(made)
    page.write_text(change(page.read_text("utf-8")), "utf-8")
    assert (ONE, field) in fields(verify(sqlite_database, made))


def test_what_was_taken_down_is_in_no_edition(sqlite_database: Database, made: Settings) -> None:
    before = page_of(made).read_text("utf-8")
    gone = replace(digests.an_entry(1), status=Status.RETRACTED)
    store(sqlite_database, gone)
    publish(sqlite_database, made, SitePages(made, TEMPLATES), digests.DUE)
    assert (ONE, "absence") in fields(verify(sqlite_database, made))  # its edition is as it was
    publish_editions(sqlite_database, made, TEMPLATES, "as it looks")
    assert "第1号标题" not in page_of(made).read_text("utf-8")
    assert fields(verify(sqlite_database, made)) == set()
    page_of(made).write_text(before, "utf-8")
    assert (ONE, "absence") in fields(verify(sqlite_database, made))
