from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndicate.adapters.store import entries, outbox
from syndicate.adapters.store.engine import Database
from syndicate.core.claims import Demand
from syndicate.errors import UsageError
from syndicate.jobs import claims
from syndicate.model import Attribution, Entry
from syndicate.settings import Contact, Mail, Notices, Settings, Site, Web

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)  # the 25th in Shanghai
SECRET = b"a secret of the site"
SETTINGS = Settings(
    site=Site(
        "清河观察",
        "https://news.example/",
        contact=Contact(email="editor@news.example"),
        notices=Notices(takedown_days=10),
    ),
    file=Path("config.toml"),
    mail=Mail(sender="digest@news.example"),
)
DEMAND = Demand("royalty", "某作者", "author@mail.example", "", "稿酬")


def receive(db: Database, at: datetime = NOW) -> int:
    made = claims.receive(db, SETTINGS, DEMAND, secret=SECRET, now=at, language="en")
    return made.number


def mailed(db: Database) -> list[tuple[str, str]]:
    with db.read() as conn:
        query = outbox.messages.join(
            outbox.variants, outbox.messages.c.variant == outbox.variants.c.id
        ).select()
        return [(row["email"], row["subject"]) for row in conn.execute(query).mappings()]


def test_due_at_the_end_of_a_local_day(database: Database) -> None:
    claim, _ = claims.get(database, receive(database))
    assert claim.due.isoformat() == "2026-12-05T15:59:59+00:00"
    assert claims.shown_day(claim, SETTINGS) == "5 December 2026"


def test_answered_and_closed(database: Database) -> None:
    number = receive(database)
    said = {"secret": SECRET, "now": NOW, "by": "editor"}
    claims.answer(database, SETTINGS, number, "Paid today.", **said)  # type: ignore[arg-type]
    assert mailed(database)[-1] == (
        "author@mail.example",
        f"Answer to claim {claims.shown(number)}",
    )
    claims.close(database, number, "paid", now=NOW, by="editor")
    claim, steps = claims.get(database, number)
    assert claim.state == "closed"
    assert [step.what for step in steps] == ["received", "answered", "closed"]
    with pytest.raises(UsageError):
        claims.answer(database, SETTINGS, number, "again", **said)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        claims.get(database, 999)


def test_the_editor_is_reminded_once(database: Database) -> None:
    receive(database)
    early = claims.remind(database, SETTINGS, secret=SECRET, now=NOW)
    late = NOW + timedelta(days=5)
    assert [early, *(claims.remind(database, SETTINGS, secret=SECRET, now=late) for _ in "ab")] == [
        0, 1, 0,
    ]  # fmt: skip
    assert mailed(database)[-1][0] == "editor@news.example"


def test_two_answers_at_one_moment_are_two_mails_and_the_same_again_is_none(
    database: Database,
) -> None:
    number = receive(database)
    said = {"secret": SECRET, "now": NOW, "by": "editor"}
    for text in ("Paid today.", "The receipt follows."):
        claims.answer(database, SETTINGS, number, text, **said)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="already"):
        claims.answer(database, SETTINGS, number, "The receipt follows.", **said)  # type: ignore[arg-type]
    assert len(mailed(database)) == 3


def test_the_reminder_says_who_and_about_what_and_where(database: Database) -> None:
    desk = replace(SETTINGS, web=Web(admin_token="x"))
    demand = replace(DEMAND, url="https://origin.example/1")
    claims.receive(database, desk, demand, secret=SECRET, now=NOW)
    claims.remind(database, desk, secret=SECRET, now=NOW + timedelta(days=5))
    with database.read() as conn:
        texts = [row.text for row in conn.execute(outbox.variants.select())]
    (text,) = [text for text in texts if "admin/claims/1" in text]
    assert "某作者" in text
    assert "https://origin.example/1\n" in text
    assert "https://news.example/admin/claims/1\n" in text


def test_one_mail_a_day(database: Database) -> None:
    for day in range(6):
        receive(database, NOW + timedelta(days=day, hours=1))
        receive(database, NOW + timedelta(days=day, hours=2))
    assert len(mailed(database)) == 3


@pytest.mark.parametrize("text", ["", "x", "C", "C1x", "-", "99999999999"])
def test_no_number(text: str) -> None:
    with pytest.raises(UsageError):
        claims.number_of(text)


@pytest.mark.parametrize("text", ["C00007", "7", "c7", "#7"])
def test_number(text: str) -> None:
    assert claims.number_of(text) == 7


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        pytest.param("https://news.example/articles/{lead}.html", "{lead}", id="its page"),
        pytest.param("https://news.example/articles/{lead}.html?a#b", "{lead}", id="with more"),
        pytest.param("https://news.example/articles/{other}.html", "{other}", id="a member's"),
        pytest.param("https://origin.example/1", "{lead}", id="both have it"),
        pytest.param("https://news.example/articles/nobody.html", "", id="no such page"),
        pytest.param("https://else.example/", "", id="unknown"),
        pytest.param("https://origin.example/", "", id="merely how it begins"),
        pytest.param("{lead}", "{lead}", id="its id"),
    ],
)
def test_what_a_claim_is_about(database: Database, url: str, entry: str) -> None:
    ids = {"lead": "a" * 16, "other": "b" * 16}
    made = [
        Entry(
            id=id,
            source=name,
            key=name,
            guid=name,
            title="题",
            attribution=Attribution(),
            received=NOW,
            url="https://origin.example/1",
            story="one",
            lead=name == "lead",
        )
        for name, id in ids.items()
    ]
    with database.begin() as conn:
        entries.save(conn, [(e, e.columns) for e in made])
    demand = replace(DEMAND, url=url.format(**ids))
    claim = claims.receive(database, SETTINGS, demand, secret=SECRET, now=NOW)
    assert claim.entry == entry.format(**ids)
