"""Mails that make claims: once, acknowledged once, in their thread, never in a loop."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from test_claims import DEMAND, NOW, SECRET, SETTINGS, mailed

from syndicate.adapters.mailbox import open_mailbox
from syndicate.adapters.store import claims as store
from syndicate.adapters.store import entries, outbox
from syndicate.adapters.store.engine import Database
from syndicate.core import bounce, identity, verp
from syndicate.errors import LimitError
from syndicate.jobs import bounces, claims
from syndicate.jobs.claims.mails import Outcome, What
from syndicate.jobs.send import writing
from syndicate.model import Attribution, Entry
from syndicate.settings import Mail

TAKING = replace(SETTINGS, mail=Mail(sender="digest@news.example", claims="claims@news.example"))
CLAIMANT = "rights@press.example"


def mail(number: int = 1, text: str = "请撤下。", **headers: str) -> bytes:
    """A mail by a rightsholder to the address for claims."""
    fields = {
        "From": f"某出版社 <{CLAIMANT}>",
        "To": "claims@news.example",
        "Subject": "撤稿",
        "Message-ID": f"<{number}@press.example>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()


def take(db: Database, data: bytes, later: int = 0, *, every: bool = False) -> Outcome | None:
    at = NOW + timedelta(days=later)
    return claims.take_mail(db, TAKING, data, secret=SECRET, now=at, every=every)


def steps(db: Database, number: int = 1) -> list[str]:
    return [step.what for step in claims.get(db, number)[1]]


def ids(db: Database) -> list[str]:
    """The Message-IDs of our letters, in the order in which they were queued."""
    with db.read() as conn:
        query = outbox.messages.select().order_by(outbox.messages.c.id)
        return [row.message_id for row in conn.execute(query)]


def test_a_mail_is_a_claim_with_a_number(database: Database) -> None:
    assert take(database, mail()) == Outcome(What.CLAIM, 1)
    claim, history = claims.get(database, 1)
    assert (claim.name, claim.email, claim.kind) == ("某出版社", CLAIMANT, "takedown")
    assert claim.text == "撤稿\n\n请撤下。"
    assert [(step.what, step.by, step.text) for step in history] == [
        ("received by mail", CLAIMANT, "")
    ]
    assert mailed(database) == [(CLAIMANT, "已收到您的投诉，编号 C00001")]
    with database.read() as conn:
        row = conn.execute(outbox.variants.select()).one()
    assert row.answers == "<1@press.example>"
    assert "2026年12月5日" in row.text.replace("\n", "")
    assert "请撤下" not in row.text, "nothing of the claimant's is mailed"


def test_the_same_mail_again_changes_nothing(database: Database) -> None:
    take(database, mail())
    again = mail(Received="by another way", Delivered_To="claims@news.example")
    assert take(database, again) == Outcome(What.REPEATED)
    assert len(list(claims.listed(database))) == len(mailed(database)) == 1
    assert steps(database) == ["received by mail"]


def test_two_processes_with_one_mail_make_one_claim(database: Database) -> None:
    found: list[Outcome | None] = []
    gate = threading.Barrier(3)

    def work() -> None:
        gate.wait()
        found.append(take(database, mail()))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.what for each in found if each) == ["claim", "repeated", "repeated"]
    assert len(list(claims.listed(database))) == len(mailed(database)) == 1


def test_nothing_is_left_of_what_failed_in_the_middle(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(store, "file_mail", fail)
        with pytest.raises(OSError, match="killed"):
            take(database, mail())
    assert not list(claims.listed(database))
    assert not mailed(database)
    found = take(database, mail())
    assert found
    assert found.what is What.CLAIM
    assert [claim.number for claim in claims.listed(database)] == [found.number]
    assert len(mailed(database)) == 1


@pytest.mark.parametrize(
    ("headers", "outcome", "letters"),
    [
        pytest.param({"Auto_Submitted": "auto-replied"}, None, 0, id="an automatic reply"),
        pytest.param({"From": "MAILER-DAEMON@x.example"}, None, 0, id="a bounce"),
        pytest.param({"To": "bounce@news.example"}, None, 0, id="to another address"),
        pytest.param({"X_Spam_Flag": "YES"}, What.SPAM, 0, id="spam"),
        pytest.param({"Auto_Submitted": "auto-generated"}, What.CLAIM, 0, id="a program's claim"),
        pytest.param({"Precedence": "bulk"}, What.CLAIM, 0, id="a mass mailing"),
        pytest.param({"From": "noreply@press.example"}, What.CLAIM, 0, id="takes no answer"),
        pytest.param({"From": ""}, What.CLAIM, 0, id="nobody named"),
        pytest.param({"From": "claims@news.example"}, What.CLAIM, 0, id="our own address"),
        pytest.param(
            {"From": "digest@news.example", "Auto_Submitted": "auto-generated"}, None, 0,
            id="our own mail, back",
        ),
        pytest.param({"To": "claims+2026@news.example"}, What.CLAIM, 1, id="a tag behind it"),
        pytest.param({"To": "", "Delivered_To": "claims@news.example"}, What.CLAIM, 1, id="bcc"),
    ],
)  # fmt: skip
def test_what_is_a_claim_and_what_is_answered(
    database: Database, headers: dict[str, str], outcome: What | None, letters: int
) -> None:
    found = take(database, mail(**headers))
    assert (found.what if found else None) == outcome
    assert len(mailed(database)) == letters
    assert len(list(claims.listed(database))) == (outcome is What.CLAIM)
    if outcome is What.CLAIM and not letters:
        assert claims.get(database, 1)[1][0].text.startswith("not acknowledged: ")


def test_in_a_mailbox_of_their_own_the_address_does_not_matter(database: Database) -> None:
    assert take(database, mail(To="office@news.example"), every=True) == Outcome(What.CLAIM, 1)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"In_Reply_To": "{ours}"}, id="answers our mail"),
        pytest.param({"References": "<x@y> {ours}"}, id="in the thread of our mail"),
        pytest.param({"In_Reply_To": "<1@press.example>"}, id="answers the claimant's own"),
        pytest.param({"Subject": "Re: 编号 C00001"}, id="number in the subject"),
        pytest.param({"Subject": "Re: c00001", "From": "w@law.example"}, id="by a colleague"),
        pytest.param({"In_Reply_To": "{ours}", "To": "digest@news.example"}, id="to wherever"),
    ],
)
def test_a_reply_goes_to_its_claim(database: Database, headers: dict[str, str]) -> None:
    take(database, mail())
    (ours,) = ids(database)
    filled = {name: value.replace("{ours}", ours) for name, value in headers.items()}
    assert take(database, mail(2, "还有一篇", **filled)) == Outcome(What.REPLY, 1)
    assert steps(database) == ["received by mail", "wrote again"]
    assert claims.get(database, 1)[1][-1].text == "还有一篇"
    assert len(mailed(database)) == 1, "a reply is not acknowledged"
    assert take(database, mail(2, "还有一篇", **filled)) == Outcome(What.REPEATED)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Subject": "C00099"}, id="no such claim"),
        pytest.param({"In_Reply_To": "<letter.claim-1.00000000000000000000000000000000@news.example>"},
                     id="a made-up id of ours"),
        pytest.param({"References": "<nobody@else.example>"}, id="another thread"),
    ],
)  # fmt: skip
def test_another_thread_is_another_claim(database: Database, headers: dict[str, str]) -> None:
    take(database, mail())
    assert take(database, mail(2, **headers)) == Outcome(What.CLAIM, 2)


def test_a_reply_opens_what_was_answered_or_closed(database: Database) -> None:
    take(database, mail())
    said = {"secret": SECRET, "now": NOW, "by": "editor"}
    claims.answer(database, TAKING, 1, "已撤下。", **said)  # type: ignore[arg-type]
    answer = ids(database)[-1]
    claims.close(database, 1, "", now=NOW, by="editor")
    assert take(database, mail(2, "还在", In_Reply_To=answer), later=20) == Outcome(What.REPLY, 1)
    claim, _ = claims.get(database, 1)
    assert claim.state == "open"
    assert claim.due == NOW.replace(day=25, month=12, hour=15, minute=59, second=59)
    late = NOW + timedelta(days=29)
    assert claims.remind(database, TAKING, secret=SECRET, now=late) == 1


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}])
def test_what_nobody_wrote_opens_nothing(database: Database, headers: dict[str, str]) -> None:
    take(database, mail())
    claims.close(database, 1, "", now=NOW, by="editor")
    back = mail(2, "out of office", In_Reply_To=ids(database)[0], **headers)
    assert take(database, back) == Outcome(What.AUTOMATIC, 1)
    assert claims.get(database, 1)[0].state == "closed"
    assert steps(database)[-1].startswith("was sent ")


def test_two_robots_that_answer_each_other_come_to_an_end(database: Database) -> None:
    for number in range(1, 15):  # each as if it were new, with nothing that says what it is
        assert take(database, mail(number, Subject="您的邮件")) == Outcome(What.CLAIM, number)
    assert len(mailed(database)) == 5


def test_one_address_cannot_make_more_than_a_day_holds(database: Database) -> None:
    for number in range(1, 21):
        take(database, mail(number))
    with pytest.raises(LimitError, match="20 claims of one address"):
        take(database, mail(21))
    assert len(list(claims.listed(database))) == 20
    assert take(database, mail(22, Subject="C00001")) == Outcome(What.REPLY, 1)
    assert take(database, mail(21), later=1), "the next day it may"


@pytest.fixture
def article(database: Database) -> str:
    made = Entry(
        id="a" * 16, source="gov", key="k", guid="g", title="题", received=NOW,
        attribution=Attribution(), url="https://origin.example/one.html", story="a", lead=True,
    )  # fmt: skip
    with database.begin() as conn:
        entries.save(conn, [(made, ())])
        entries.link(conn, [(key, made.id) for key in identity.story_keys(made.url, None, None)])
    return made.id


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("https://news.example/articles/{id}.html，请撤下", True, id="its page"),
        pytest.param("https://news.example/articles/{id}.html请撤下", True, id="words behind it"),
        pytest.param("见 news.example/articles/{id}.html", True, id="without a scheme"),
        pytest.param("http://www.origin.example/one.html?utm_source=x", True, id="its original"),
        pytest.param("https://press.example/ https://origin.example/one.html", True,
                     id="after the claimant's own site"),
        pytest.param("https://origin.example/", False, id="merely the same site"),
        pytest.param("https://else.example/1", False, id="another page"),
    ],
)  # fmt: skip
def test_the_article_is_found(database: Database, article: str, text: str, found: bool) -> None:
    take(database, mail(text=text.format(id=article)))
    assert claims.get(database, 1)[0].entry == (article if found else "")


def test_the_mail_is_kept_with_what_is_attached(database: Database) -> None:
    take(database, mail())
    (kept,) = claims.mails_of(database, 1)
    assert kept.data == mail()


def test_a_day_keeps_no_more_than_it_has_room_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims.mails, "_KEPT", 400)
    for number in range(1, 6):
        take(database, mail(number))
    with database.read() as conn:
        assert store.bytes_kept(conn, NOW - timedelta(days=1)) < 700
    assert claims.get(database, 5)[0].text, "the claim itself is not lost"


def test_the_acknowledgement_says_what_it_is(database: Database) -> None:
    take(database, mail())
    claims.answer(database, TAKING, 1, "已撤下。", secret=SECRET, now=NOW, by="editor")
    with database.read() as conn:
        rows = conn.execute(outbox.variants.select().order_by(outbox.variants.c.id)).all()
        made = [outbox.variant(conn, row.id) for row in rows]
    writer = writing.Writer(TAKING, SECRET, None)
    heads = []
    for variant in made:
        assert variant
        heads.append(writer._prepare(variant)._common.decode())
    receipt, answer = sorted(heads, key=lambda head: "auto-generated" in head)
    assert "Auto-Submitted: auto-replied\r\n" in receipt
    for head in (receipt, answer):
        assert "In-Reply-To: <1@press.example>\r\nReferences: <1@press.example>\r\n" in head
        assert "Reply-To: claims@news.example\r\n" in head
        assert "List-" not in head


def report(returned_to: str) -> bytes:
    return f"""From: MAILER-DAEMON@mx.example
To: {returned_to}
Subject: Undelivered
Message-ID: <r1@mx.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {CLAIMANT}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 no such user

--B--
""".encode()


def others(db: Database, *, every: bool = False) -> bounces.Others:
    def take_one(data: bytes, note: str) -> str | None:
        found = claims.take_mail(db, TAKING, data, secret=SECRET, now=NOW, every=every, note=note)
        return found.what.value if found else None

    def back(read: bounce.Report) -> bool:
        return bool(claims.came_back(db, read, secret=SECRET, now=NOW))

    return bounces.Others(take_one, back)


def test_an_answer_that_comes_back_is_in_the_history(database: Database) -> None:
    claims.receive(database, TAKING, DEMAND, secret=SECRET, now=NOW)
    to = verp.return_path("digest@news.example", SECRET, "claim-1")
    for _ in "ab":
        taken = bounces.take_in(database, [report(to)], SECRET, NOW, others(database))
        assert (taken.unknown, taken.problems) == (0, [])
    _, history = claims.get(database, 1)
    assert [step.what for step in history] == ["received", "a mail came back"]
    assert "550 no such user" in history[1].text


def test_one_mailbox_for_all(database: Database, tmp_path: Path) -> None:
    for folder in ("new", "cur", "tmp"):
        (tmp_path / folder).mkdir()
    mails = (
        report(verp.return_path("digest@news.example", SECRET, "nobody")),
        mail(1),
        mail(2, "您好：退信。550 5.1.1 user unknown", Subject="无法投递的退信"),
        mail(3, To="office@news.example"),
        b"Subject: vacation\r\nAuto-Submitted: auto-replied\r\nTo: claims@news.example\r\n\r\nx",
        mail(1, Received="again"),
        mail(4, "x" * 5000),
    )
    for number, data in enumerate(mails):
        (tmp_path / "new" / f"{number}.M.host").write_bytes(data)
    box = open_mailbox(f"maildir:{tmp_path}", max_bytes=4000)
    taken = bounces.take_from(database, box, SECRET, NOW, others(database))
    assert (taken.read, taken.claims, taken.repeated, taken.ignored, taken.unknown) == (
        7, 3, 1, 2, 1,
    )  # fmt: skip
    (problem,) = taken.problems
    assert "larger than 4000 bytes" in problem
    cut, _ = claims.get(database, 3)
    assert "[is larger than 4000 bytes]" in cut.text
    assert not list((tmp_path / "new").iterdir())
    again = bounces.take_from(database, box, SECRET, NOW, others(database))
    assert again.read == 0


def test_a_letter_on_an_editors_word(database: Database) -> None:
    letter = replace(DEMAND, email="")
    made = claims.add(
        database, TAKING, letter, how="letter of 20 November", secret=SECRET, now=NOW, by="editor"
    )
    assert [(s.by, s.what, s.text) for s in claims.get(database, made.number)[1]] == [
        ("editor", "received", "letter of 20 November")
    ]
    claims.answer(database, TAKING, made.number, "已付。", secret=SECRET, now=NOW, by="editor")
    assert claims.get(database, made.number)[0].state == "answered"
    assert mailed(database) == [], "there is nobody to mail it to"
    claims.add(database, TAKING, DEMAND, how="telephone", secret=SECRET, now=NOW, by="editor")
    assert len(mailed(database)) == 1
