"""Reports change the subscriptions that they prove to be about, and no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndicate.adapters.mailbox import open_mailbox
from syndicate.adapters.store import outbox
from syndicate.adapters.store import subscribers as store
from syndicate.adapters.store.engine import Database
from syndicate.core import subscription, tokens, verp
from syndicate.jobs import bounces
from syndicate.model import Subscriber, SubscriberState

SECRET = b"a secret of tests"
BASE = "bounces@news.example"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
WHO = "0123456789abcdef"
SENT = "<daily.1.abc@news.example>"


def enrolled(db: Database) -> None:
    """One confirmed subscriber with a message that was sent."""
    person = Subscriber(
        WHO, "reader@far.example", SubscriberState.CONFIRMED, token_salt="salt", joined=NOW
    )
    with db.begin() as conn:
        store.save(conn, [(person, subscription.key(person.email))], NOW)
        outbox.add_letter(
            conn,
            key="one",
            subscriber=WHO,
            email=person.email,
            name="",
            subject="s",
            text="t",
            language="en",
            message_id=SENT,
            now=NOW,
        )


def report(
    status: str = "5.1.1",
    *,
    to: str = BASE,
    names: str = "reader@far.example",
    returned: str = "<other@news.example>",
    more: str = "",
) -> bytes:
    """A delivery report to `to` about `names`, with what was `returned`."""
    return f"""From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {names}
Action: failed
Status: {status}

--B
Content-Type: text/rfc822-headers

Message-ID: {returned}
To: {names}
{more}
--B--
""".encode()


def complaint(to: str) -> bytes:
    return f"""From: abuse@provider.example
To: {to}
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1

--B--
""".encode()


def state(db: Database) -> SubscriberState:
    with db.read() as conn:
        person = store.get(conn, WHO)
    assert person is not None
    return person.state


OURS = verp.return_path(BASE, SECRET, WHO)
LINK = "https://news.example/unsubscribe/" + tokens.make(SECRET, "unsubscribe", WHO, "salt")
LEAVING = verp.unsubscribe_address(BASE, SECRET, WHO)


def asking(to: str, subject: str = "unsubscribe", more: str = "") -> bytes:
    return f"From: reader@far.example\nTo: {to}\nSubject: {subject}\n{more}\n\n".encode()


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        pytest.param(report(to=OURS), "suppressed", id="hard, by the return path"),
        pytest.param(report(to=OURS.upper()), "suppressed", id="hard, its case folded"),
        pytest.param(
            report(to=OURS, names="moved@other.example"), "suppressed", id="hard, forwarded"
        ),
        pytest.param(report(returned=SENT), "suppressed", id="hard, by the Message-ID"),
        pytest.param(
            report(more=f"List-Unsubscribe: <{LINK}>\n"), "suppressed", id="hard, by its link"
        ),
        pytest.param(report("5.2.2", to=OURS), "confirmed", id="one soft"),
        pytest.param(complaint(OURS), "unsubscribed", id="complaint"),
        pytest.param(asking(LEAVING), "unsubscribed", id="unsubscribe mail, by its address"),
        pytest.param(
            asking("news@news.example", verp.unsubscribe_subject(SECRET, WHO)),
            "unsubscribed",
            id="unsubscribe mail, by its subject",
        ),
    ],
)
def test_what_a_proof_does(database: Database, data: bytes, wanted: str) -> None:
    enrolled(database)
    taken = bounces.take_in(database, [data], SECRET, NOW)
    assert state(database) == wanted
    assert (taken.unknown, taken.ignored, taken.problems) == (0, 0, [])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(report(), id="an address alone"),
        pytest.param(report(returned=SENT, names="other@far.example"), id="a Message-ID alone"),
        pytest.param(report(to=verp.return_path(BASE, b"x", WHO)), id="signed by another"),
        pytest.param(
            report(to=OURS[:9] + ("b" if OURS[9] != "b" else "c") + OURS[10:]), id="changed"
        ),
        pytest.param(complaint(BASE), id="a complaint without a token"),
        pytest.param(report(more="List-Unsubscribe: <" + LINK[:-1] + "!>\n"), id="a broken link"),
        pytest.param(asking(BASE), id="an unsubscribe mail without a token"),
        pytest.param(asking(OURS), id="a return path is no unsubscribe address"),
        pytest.param(
            asking(OURS, "Out of office", "Auto-Submitted: auto-replied\n"), id="an automatic reply"
        ),
        pytest.param(b"no mail", id="malformed"),
    ],
)
def test_a_forged_one_changes_nothing(database: Database, data: bytes) -> None:
    enrolled(database)
    taken = bounces.take_in(database, [data], SECRET, NOW)
    assert state(database) is SubscriberState.CONFIRMED
    assert taken.unknown + taken.ignored + len(taken.problems) == 1
    with database.read() as conn:
        assert store.bounce_score(conn, WHO)[0] == 0.0
        assert store.record(conn, WHO) == []


def test_soft_bounces_add_up(database: Database) -> None:
    enrolled(database)
    for day in range(6):
        assert state(database) is SubscriberState.CONFIRMED
        data = report("5.2.2", to=OURS, returned=f"<daily.{day}@news.example>")
        taken = bounces.take_in(database, [data, data], SECRET, NOW + timedelta(days=day))
        assert (taken.soft, taken.repeated) == (1, 1)  # one report that comes twice counts once
    assert state(database) is SubscriberState.SUPPRESSED


def test_what_waits_is_dropped_and_the_record_says_why(database: Database) -> None:
    enrolled(database)
    bounces.take_in(database, [report(to=OURS)], SECRET, NOW)
    with database.read() as conn:
        record = store.record(conn, WHO)
    assert [row["what"] for row in record] == ["bounced", "suppressed"]
    assert "5.1.1" in record[0]["text"]


def test_who_was_suppressed_stays_so(database: Database) -> None:
    enrolled(database)
    taken = bounces.take_in(
        database, [report(to=OURS), complaint(OURS), asking(LEAVING)], SECRET, NOW
    )
    assert state(database) is SubscriberState.SUPPRESSED
    assert (taken.suppressed, taken.unsubscribed) == (1, 0)


def test_a_mailbox_is_emptied_once(database: Database, tmp_path: Path) -> None:
    enrolled(database)
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1").write_bytes(report(to=OURS))
    (tmp_path / "new" / "2").write_bytes(b"garbage")
    box = open_mailbox(f"maildir:{tmp_path}")
    first = bounces.take_from(database, box, SECRET, NOW)
    assert (first.read, first.hard, len(first.problems)) == (2, 1, 1)
    assert list((tmp_path / "new").iterdir()) == []
    assert bounces.take_from(database, box, SECRET, NOW).read == 0
