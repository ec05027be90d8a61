"""Reports counted over both databases: shares by source, column and month, and claims."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from syndicate.adapters.store import claims as claim_store
from syndicate.adapters.store import entries
from syndicate.adapters.store.engine import Database
from syndicate.core.sections import places
from syndicate.jobs import report
from syndicate.model import Attribution, Decision, Entry, GivenDate, Person, Publisher, Status
from syndicate.settings import Column, Settings, Site, Source

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = Settings(
    site=Site("清河观察", "https://news.example/"),
    file=Path("config.toml"),
    columns=(Column("law", "廉政法治"), Column("rest", "其他", rest=True)),
    sources=(Source("gov", "公报", timezone="Asia/Shanghai"), Source("daily")),
)
WHOLE = Attribution(
    Publisher("公报"),
    (Person("周望舒"),),
    "https://gov.example/1",
    published=GivenDate("2026-10-02"),
    rights="© 公报",
    licence="https://creativecommons.org/licenses/by/4.0/",
    editor="陈砚",
)
BARE = Attribution(Publisher("日报"))


def add(
    db: Database, id: str, source: str, said: Attribution, at: datetime, **other: object
) -> None:
    fields = {
        "id": id, "source": source, "key": id, "guid": id, "title": id, "attribution": said,
        "received": at, "story": id, "column": "law", "columns": ("law",), **other,
    }  # fmt: skip
    entry = Entry(**fields)  # type: ignore[arg-type]
    with db.begin() as conn:
        entries.save(conn, [(entry, places(SETTINGS.columns, entry.columns))])


def claim(
    db: Database, entry: str, at: datetime, *, state: str = "open", down: timedelta | None
) -> None:
    with db.begin() as conn:
        claim_store.add(
            conn, at=at, due=at + 30 * DAY, kind="takedown", name="", email="a@b.example", url="",
            text="", entry=entry, state=state, language="zh-CN",
        )  # fmt: skip
        if down is not None:
            made = Decision(entry, at + down, "status", "editor", "claim", "published", "retracted")
            entries.decide(conn, [made])


def made(db: Database, by: str, **span: datetime):  # type: ignore[no-untyped-def]
    return report.make(db, SETTINGS, by, NOW, **span)


def test_shares_by_source_over_the_months_of_the_sites_zone(database: Database) -> None:
    # 17:00 UTC on the last of October is the first of November in Shanghai
    add(database, "a", "gov", WHOLE, datetime(2026, 10, 31, 15, tzinfo=UTC))
    add(database, "b", "gov", BARE, datetime(2026, 10, 31, 17, tzinfo=UTC))
    add(database, "c", "daily", BARE, NOW, status=Status.HELD, column="rest", columns=("rest",))
    found = made(database, "source")
    assert [line.key for line in found.lines] == ["gov", "daily"]
    gov, daily = found.lines
    assert {m: t.entries for m, t in gov.months.items()} == {"2026-10": 1, "2026-11": 1}
    assert gov.months["2026-10"].completeness == 1.0
    assert gov.tally.shares == {
        "source": 1.0, "author": 0.5, "original_url": 0.5, "published": 0.5, "rights": 0.5,
        "licence": 0.5, "editor": 0.5,
    }  # fmt: skip
    assert (daily.tally.held, daily.tally.share(daily.tally.held)) == (1, 1.0)
    assert (found.total.entries, found.total.published) == (3, 2)
    assert [(line.key, line.name) for line in made(database, "column").lines] == [
        ("law", "廉政法治"), ("rest", "其他")
    ]  # fmt: skip
    assert [(line.key, line.tally.entries) for line in made(database, "month").lines] == [
        ("2026-10", 1), ("2026-11", 2)
    ]  # fmt: skip


def test_a_span_is_cut_at_its_ends(database: Database) -> None:
    for number in range(5):
        add(database, f"e{number}", "gov", BARE, NOW + number * DAY)
    found = made(database, "source", since=NOW + DAY, until=NOW + 3 * DAY)
    assert found.total.entries == 2
    assert made(database, "source", until=NOW).total.entries == 0


def test_claims_and_the_time_to_takedown(database: Database) -> None:
    for number, took in enumerate((1, 3, 11)):
        add(database, f"d{number}", "gov", BARE, NOW - 100 * DAY)
        claim(database, f"d{number}", NOW - 90 * DAY, state="closed", down=took * DAY)
    add(database, "late", "daily", BARE, NOW - 100 * DAY)
    claim(database, "late", NOW - 60 * DAY, down=None)
    claim(database, "", NOW - DAY, down=None)
    found = made(database, "source")
    claims = {line.key: line.claims for line in found.lines}
    assert (claims["gov"].taken_down, claims["gov"].median, claims["gov"].longest) == (
        3, 3 * DAY, 11 * DAY,
    )  # fmt: skip
    assert (claims["daily"].open, claims["daily"].overdue, claims["daily"].median) == (1, 1, None)
    assert (found.claims.received, found.claims.open, found.claims.overdue) == (5, 2, 1)
    assert made(database, "month").claims == found.claims


def test_a_site_without_entries_has_an_empty_report(database: Database) -> None:
    found = made(database, "source")
    assert (found.lines, found.total.completeness) == ((), None)
