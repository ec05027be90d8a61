"""What becomes of an entry: published, held, rejected; its date; what changed of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syndicate.core import admit, normalize
from syndicate.core.prepared import Admitted, Prepared
from syndicate.model import Attribution, GivenDate, ParsedEntry, Person, Publisher, Status
from syndicate.settings import Source

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SOURCE = Source(id="a", url="https://a.example/", timezone="Asia/Shanghai", content="full")
SAID = Attribution(source=Publisher("甲报"), authors=(Person("佚名"),))


def prepared(parsed: ParsedEntry) -> Prepared:
    return normalize.prepare(parsed, zone="Asia/Shanghai")


def admitted(
    parsed: ParsedEntry, source: Source = SOURCE, said: Attribution | None = None
) -> Admitted:
    made = prepared(parsed)
    return admit.new(
        made,
        id="e1",
        key="k",
        guid="g",
        attribution=said or made.parsed.attribution,
        source=source,
        now=NOW,
    )


PARSED = ParsedEntry(id="1", title="标题", content_html="<p>正文说到水库。</p>", attribution=SAID)


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [
        pytest.param(SOURCE, Status.PUBLISHED, "", id="nothing is missing"),
        pytest.param(
            replace(SOURCE, require=("source", "published", "rights")),
            Status.HELD,
            "without published, rights",
            id="what is required is missing",
        ),
        pytest.param(
            replace(SOURCE, exclude=("水库",)), Status.REJECTED, "'水库'", id="an excluded word"
        ),
        pytest.param(
            replace(SOURCE, include=("火车",)), Status.REJECTED, "none of", id="no included word"
        ),
    ],
)
def test_standing(source: Source, status: Status, reason: str) -> None:
    made = admitted(PARSED, source)
    assert made.entry.status is status
    assert reason in made.entry.held_for
    if status is not Status.PUBLISHED:
        assert any(d.what == "status" and reason in d.reason for d in made.decisions)


def test_a_date_more_than_a_day_ahead_is_unknown_and_kept_in_the_history() -> None:
    future = replace(SAID, published=GivenDate("9999-12-31"))
    made = admitted(replace(PARSED, attribution=future))
    assert made.entry.attribution.published is None
    assert made.entry.published_at is None
    assert made.entry.sort_at == NOW
    assert any(d.what == "date" and d.before == "9999-12-31" for d in made.decisions)


def test_a_day_begins_in_the_sources_zone() -> None:
    made = admitted(replace(PARSED, attribution=replace(SAID, published=GivenDate("2026-11-20"))))
    assert made.entry.published_at == datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert made.entry.attribution.published == GivenDate("2026-11-20")


def test_a_date_that_could_not_be_read_is_kept_as_it_stood() -> None:
    made = admitted(replace(PARSED, raw_dates=(("published", "昨天"),)))
    assert any(d.what == "date" and "昨天" in d.reason for d in made.decisions)


def test_an_update_keeps_its_place_and_flags_what_a_reprint_must_not_bend() -> None:
    known = admitted(PARSED).entry
    other = replace(
        PARSED, title="改了的标题", attribution=replace(SAID, authors=(Person("王五"),))
    )
    later = NOW + timedelta(hours=1)
    done = admit.updated(known, prepared(other), other.attribution, SOURCE, later)
    assert (done.entry.id, done.entry.guid, done.entry.received) == ("e1", "g", NOW)
    assert done.entry.title == "改了的标题"
    assert {kind for kind, _ in done.flags} == {"title", "authors"}
    changed = {d.what: (d.before, d.after) for d in done.decisions}
    assert changed["title"] == ("标题", "改了的标题")
    assert changed["authors"] == ("佚名", "王五")


def test_our_own_articles_may_change_as_they_like() -> None:
    known = admitted(PARSED).entry
    other = replace(PARSED, title="改了")
    own = replace(SOURCE, own=True)
    assert admit.updated(known, prepared(other), SAID, own, NOW).flags == ()


def test_a_held_entry_comes_out_when_what_was_missing_comes() -> None:
    strict = replace(SOURCE, require=("published",))
    held = admitted(PARSED, strict).entry
    said = replace(SAID, published=GivenDate("2026-11-20"))
    other = replace(PARSED, attribution=said)
    done = admit.updated(held, prepared(other), said, strict, NOW)
    assert done.entry.status is Status.PUBLISHED


@pytest.mark.parametrize(
    ("published", "type", "too_old"),
    [
        pytest.param("2026-11-20", "feed", False, id="fresh"),
        pytest.param("2026-01-01", "feed", True, id="old when first read"),
        pytest.param("2026-01-01", "folder", False, id="folders are exempt"),
        pytest.param(None, "feed", False, id="of unknown date"),
    ],
)
def test_too_old(published: str | None, type: str, too_old: bool) -> None:
    said = replace(SAID, published=GivenDate(published) if published else None)
    source = replace(SOURCE, type=type)  # type: ignore[arg-type]
    entry = admitted(replace(PARSED, attribution=said), source).entry
    assert admit.too_old(entry, timedelta(days=30)) is too_old
