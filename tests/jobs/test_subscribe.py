from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndicate.adapters.store import limits, outbox
from syndicate.adapters.store import subscribers as store
from syndicate.adapters.store.engine import Database
from syndicate.core.subscription import Wish
from syndicate.errors import ParseError, UsageError
from syndicate.jobs import subscribe
from syndicate.model import Subscriber, SubscriberState
from syndicate.settings import Column, Digest, Mail, Settings, Site

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SECRET = b"a secret of the site"
SETTINGS = Settings(
    site=Site("清河观察", "https://news.example/"),
    file=Path("config.toml"),
    columns=(Column("law", "法治"), Column("rest", rest=True)),
    digests=(
        Digest("daily", "每日", timezone="Asia/Shanghai"),
        Digest("board", "理事会", timezone="Asia/Shanghai", public=False),
    ),
    mail=Mail(sender="digest@news.example"),
)


def person(db: Database, email: str) -> Subscriber | None:
    with db.read() as conn:
        return store.by_email(conn, email)


def state(db: Database, email: str) -> str | None:
    found = person(db, email)
    return found.state.value if found else None


def letters(db: Database) -> list[str]:
    with db.read() as conn:
        query = outbox.messages.select().order_by(outbox.messages.c.id)
        return [row.email for row in conn.execute(query) if row.state == "queued"]


def add(db: Database, email: str, **given: object) -> subscribe.Added:
    names = ("digests", "columns", "frequency", "hour")
    wish = Wish(**{n: given.pop(n) for n in names if n in given})  # type: ignore[arg-type]
    return subscribe.add(db, SETTINGS, email, wish, secret=SECRET, now=NOW, **given)  # type: ignore[arg-type]


def take(db: Database, text: str, **given: object) -> subscribe.Imported:
    return subscribe.import_csv(
        db,
        SETTINGS,
        text,
        "list.csv",
        secret=SECRET,
        now=NOW,
        **given,  # type: ignore[arg-type]
    )


def test_added_at_once_and_logged(database: Database) -> None:
    done = add(database, "Wang@Mail.Example", digests=("board",), consent="said so at the fair")
    assert (done.changed, done.invited) == (True, False)
    assert done.person.state is SubscriberState.CONFIRMED
    assert done.person.joined == NOW
    with database.read() as conn:
        record = store.record(conn, done.person.id)
    assert [(r["what"], r["text"]) for r in record] == [
        ("added by operator", "said so at the fair")
    ]
    again = add(database, "wang@mail.example")
    assert not again.changed
    assert again.person == done.person
    assert not letters(database)


def test_invited(database: Database) -> None:
    assert add(database, "wang@mail.example", invite=True).invited
    assert state(database, "wang@mail.example") == "unconfirmed"
    assert letters(database) == ["wang@mail.example"]
    assert not add(database, "wang@mail.example", invite=True).invited, "once a day"


@pytest.mark.parametrize(
    ("email", "given"),
    [
        ("nonsense", {}),
        ("a@b.example", {"digests": ("nope",)}),
        ("a@b.example", {"columns": ("nope",)}),
        ("a@b.example\nBcc: c@d.example", {}),
    ],
)
def test_what_cannot_be_added(
    sqlite_database: Database, email: str, given: dict[str, object]
) -> None:
    with pytest.raises(UsageError):
        add(sqlite_database, email, **given)


def test_suppressed_stay_suppressed(database: Database) -> None:
    done = add(database, "wang@mail.example")
    with database.begin() as conn:
        bad = replace(done.person, state=SubscriberState.SUPPRESSED)
        store.save(conn, [(bad, "wang@mail.example")], NOW)
    with pytest.raises(UsageError, match="suppressed"):
        add(database, "wang@mail.example")
    subscribe.sign_up(database, SETTINGS, "wang@mail.example", Wish(), secret=SECRET, now=NOW)
    taken = take(database, "email,consent\nwang@mail.example,yes\n")
    assert [str(p) for p in taken.left_out] == ["list.csv:2: wang@mail.example: is suppressed"]
    assert not letters(database)
    subscribe.remove(database, "wang@mail.example", now=NOW)
    assert add(database, "wang@mail.example").person.state is SubscriberState.CONFIRMED


def test_forgotten(database: Database) -> None:
    done = add(database, "wang@mail.example", consent="yes")
    assert subscribe.forget(database, "WANG@mail.example", secret=SECRET, now=NOW)
    assert person(database, "wang@mail.example") is None
    with database.read() as conn:
        assert not store.record(conn, done.person.id)
        rows = conn.execute(store.forgotten.select()).all()
    assert len(rows) == 1
    assert b"wang" not in bytes(rows[0].mark)
    with pytest.raises(UsageError, match="erased"):
        add(database, "wang@mail.example")
    taken = take(database, "email,consent\nwang@mail.example,yes\n")
    assert taken.confirmed == 0
    assert "erased" in str(taken.left_out[0])
    assert not subscribe.forget(database, "nobody@mail.example", secret=SECRET, now=NOW)


def test_who_was_forgotten_may_come_back(database: Database) -> None:
    add(database, "wang@mail.example")
    subscribe.forget(database, "wang@mail.example", secret=SECRET, now=NOW)
    subscribe.sign_up(database, SETTINGS, "wang@mail.example", Wish(), secret=SECRET, now=NOW)
    found = person(database, "wang@mail.example")
    assert found is not None
    subscribe.confirm(database, found.id, secret=SECRET, now=NOW)
    assert state(database, "wang@mail.example") == "confirmed"
    assert take(database, "email,consent\nwang@mail.example,yes\n").unchanged == 1


LIST = """\ufeffemail,consent,name,digests,columns,frequency,language,timezone,consented_at
wang@mail.example,fair of 2025,"王, 明",daily board,law,weekly,en,Europe/Oslo,2025-05-01T10:00+02:00
li@mail.example,,,,,,,,

Wang@mail.example,again,,,,,,,
"""


def test_import(database: Database) -> None:
    dry = take(database, LIST, dry_run=True)
    assert person(database, "wang@mail.example") is None
    assert not letters(database)
    done = take(database, LIST)
    assert done == dry
    assert (done.confirmed, done.invited, len(done.left_out)) == (1, 1, 1)
    assert str(done.left_out[0]).startswith("list.csv:5: Wang@mail.example: stands in line 2")
    found = person(database, "wang@mail.example")
    assert found is not None
    assert (found.name, found.digests, found.columns) == ("王, 明", ("daily", "board"), ("law",))
    assert (found.frequency, found.language, found.timezone) == ("weekly", "en", "Europe/Oslo")
    assert state(database, "li@mail.example") == "unconfirmed"
    assert letters(database) == ["li@mail.example"]
    again = take(database, LIST)
    assert (again.confirmed, again.invited, again.unchanged) == (0, 0, 1)
    assert letters(database) == ["li@mail.example"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        pytest.param("", ["list.csv:1"], id="empty"),
        pytest.param("mail,consent\na@b.example,x\n", ["list.csv:1"], id="no email"),
        pytest.param("email\na@b.example\n", ["list.csv:1"], id="no consent"),
        pytest.param("email;consent\na@b.example;x\n", ["list.csv:1"], id="semicolons"),
        pytest.param(
            "email,consent,Email\na@b.example,x,c@b.example\n", ["list.csv:1"], id="a column twice"
        ),
        pytest.param(
            "email,consent,hour\na@b.example,x,24\nb@b.example,x,7am\n",
            ["list.csv:2", "list.csv:3"],
            id="hour",
        ),
        pytest.param("email,consent\na@b.example,x\nbad,x\n", ["list.csv:3"], id="address"),
        pytest.param(
            "email,consent,digests\na@b.example,x,nope\nb@b.example,x,nah\n",
            ["list.csv:2", "list.csv:3"],
            id="digests",
        ),
        pytest.param('email,consent\na@b.example,"x\n', ["list.csv:"], id="quote"),
        pytest.param("email,consent\na@b.example,x,y\n", ["list.csv:2"], id="too many cells"),
        pytest.param("email,consent,consented_at\na@b.example,x,May\n", ["list.csv:2"], id="time"),
        pytest.param("email,consent,frequency\na@b.example,x,hourly\n", ["list.csv:2"], id="pace"),
        pytest.param('email,consent,name\na@b.example,x,"a\nb"\n', ["list.csv:3"], id="name"),
    ],
)
def test_a_malformed_list_changes_nothing(
    sqlite_database: Database, text: str, places: list[str]
) -> None:
    with pytest.raises(ParseError) as caught:
        take(sqlite_database, text)
    lines = str(caught.value).splitlines()
    assert [line[: len(place)] for line, place in zip(lines, places, strict=True)] == places
    assert person(sqlite_database, "a@b.example") is None


def test_export_comes_back(database: Database, tmp_path: Path) -> None:
    take(database, LIST)
    subscribe.remove(database, "wang@mail.example", now=NOW)
    add(
        database,
        "zhao@mail.example",
        frequency="daily",
        hour="06:00",
        consent='said "yes", twice\nby phone',
    )
    text = "".join(subscribe.export(database))
    from syndicate.adapters.store import open_database

    other = open_database(f"sqlite:{tmp_path / 'other.db'}")
    done = take(other, text)
    assert (done.confirmed, done.invited, done.unchanged) == (1, 1, 1)
    zhao = person(other, "zhao@mail.example")
    assert zhao is not None
    assert (zhao.frequency, zhao.hour) == ("daily", 6)
    assert state(other, "wang@mail.example") == "unsubscribed"
    assert "".join(subscribe.export(other)).count("\n") == text.count("\n")
    other.close()


def test_sign_ups_at_one_moment_send_one_mail(database: Database) -> None:
    def ask() -> None:
        subscribe.sign_up(database, SETTINGS, "wang@mail.example", Wish(), secret=SECRET, now=NOW)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert letters(database) == ["wang@mail.example"]


def test_unsubscribing_drops_what_is_queued(database: Database) -> None:
    done = add(database, "wang@mail.example")
    with database.begin() as conn:
        row = outbox.queued(
            edition="daily-1", subscriber=done.person.id, email="wang@mail.example", name="",
            salt="", variant="v", message_id="<m@news.example>", date=NOW, now=NOW,
        )  # fmt: skip
        outbox.add_messages(conn, [row])
    subscribe.unsubscribe(database, done.person.id, now=NOW, by="subscriber")
    assert state(database, "wang@mail.example") == "unsubscribed"
    assert not letters(database)
    assert subscribe.unsubscribe(database, "nobody", now=NOW, by="subscriber") is None


def test_windows(database: Database) -> None:
    hour = timedelta(hours=1)
    with database.begin() as conn:
        hits = [limits.hit(conn, "k", b"a", NOW, hour, 2) for _ in range(3)]
        assert hits == [True, True, False]
        assert limits.hit(conn, "k", b"b", NOW, hour, 2)
        assert limits.hit(conn, "k", b"a", NOW + hour, hour, 2)
        limits.prune(conn, NOW + 3 * hour)
        assert limits.count(conn, "k", b"a", NOW) == 0
