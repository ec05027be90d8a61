"""Claims as they reach a site: by mail into a running daemon, by command, with a kill in between."""

from __future__ import annotations

import email
import signal
import smtplib
import sqlite3
from collections.abc import Iterator
from email import policy
from pathlib import Path

import pytest
from sites import Site
from test_serve import CONFIG, PATIENCE, Served, until

BY_MAIL = CONFIG.replace("[mail]", '[mail]\nclaims = "claims@news.example"')


def claim(number: int = 1, text: str = "请撤下", to: str = "claims@news.example") -> str:
    return (
        f"From: rights@press.example\nTo: {to}\nSubject: t{number}\n"
        f"Message-ID: <{number}@press.example>\n\n{text}\n"
    )


@pytest.fixture
def mailbox(site: Site) -> Path:
    """A Maildir beside the config."""
    for folder in ("new", "cur", "tmp"):
        (site.root / "in" / folder).mkdir(parents=True)
    return site.root / "in" / "new"


def sent(site: Site) -> list[str]:
    """The subjects of what was mailed."""
    files = sorted((site.root / "var" / "mail" / "new").glob("*"))
    made = (email.message_from_bytes(f.read_bytes(), policy=policy.default) for f in files)
    return [str(each["Subject"]) for each in made]


@pytest.fixture
def at(site: Site) -> Iterator[Served]:
    """A daemon that is handed mail over LMTP."""
    site.config(BY_MAIL.replace("[mail]", '[mail]\ninbox = "lmtp:in.sock"'))
    site.write("notes/first.md", "---\ntitle: 第一篇\n---\n正文。\n")
    served = Served(site)
    yield served
    served.stop()


def test_a_mail_over_lmtp_is_a_claim_and_is_answered(at: Served, site: Site) -> None:
    for _ in range(2):  # a mail server that did not hear the answer hands it over again
        with smtplib.LMTP(str(site.root / "in.sock"), timeout=PATIENCE) as client:
            client.sendmail("rights@press.example", ["claims@news.example"], claim().encode())
    until(at.mails)
    (receipt,) = at.mails()
    assert receipt["To"] == "rights@press.example"
    assert (receipt["In-Reply-To"], receipt["Auto-Submitted"]) == (
        "<1@press.example>", "auto-replied",
    )  # fmt: skip
    assert "C00001" in str(receipt["Subject"])
    with smtplib.LMTP(str(site.root / "in.sock"), timeout=PATIENCE) as client:
        reply = claim(2).replace("\n\n", f"\nIn-Reply-To: {receipt['Message-ID']}\n\n", 1)
        client.sendmail("rights@press.example", ["claims@news.example"], reply.encode())
    (found,) = site.json("claims", "list")
    assert found["number"] == "C00001"
    shown = site.json("claims", "show", "1")
    assert [step["what"] for step in shown["history"]] == ["received by mail", "wrote again"]
    assert shown["mails"] == 2
    assert "syndicate_claim_mails_total 2.0" in at.get("/metrics").text
    assert "claims@news.example" in at.get("/claims").text


def test_a_mailbox_of_their_own(site: Site, mailbox: Path) -> None:
    site.config(CONFIG.replace("[mail]", '[mail]\nclaims_inbox = "maildir:in"'))
    site.write("notes/first.md", "---\ntitle: 第一篇\n---\n正文。\n")
    (mailbox / "1.a.h").write_text(claim(to="office@news.example"))
    (mailbox / "2.a.h").write_text("no mail at all")
    report = site.json("run")
    assert [problem["error"] for problem in report["problems"]] == [
        "mail.claims_inbox: mail 2: is no mail: it has no headers"
    ]
    assert [found["number"] for found in site.json("claims", "list")] == ["C00001"]
    assert len(sent(site)) == 1
    assert site.json("run")["problems"] == [], "it is said once"


def test_a_daemon_reads_its_mailbox_when_it_starts(site: Site, mailbox: Path) -> None:
    site.config(BY_MAIL.replace("[mail]", '[mail]\ninbox = "maildir:in"'))
    site.write("notes/first.md", "---\ntitle: 第一篇\n---\n正文。\n")
    (mailbox / "1.a.h").write_text(claim())
    at = Served(site)
    try:
        until(lambda: len(at.mails()) == 1)
    finally:
        at.stop()


def test_killed_at_any_moment_each_mail_is_one_claim(site: Site, mailbox: Path) -> None:
    site.config(BY_MAIL.replace("[mail]", '[mail]\ninbox = "maildir:in"'))
    site.write("notes/first.md", "---\ntitle: 第一篇\n---\n正文。\n")
    site.run("status")
    for number in range(40):
        (mailbox / f"{number:02}.a.h").write_text(claim(number).replace("rights@", f"r{number}@"))
    database = sqlite3.connect(site.root / "var" / "syndicate.db")
    for reached in (1, 15, 30):
        process = site.process("claims", "read", "--at", site.at)
        until(lambda r=reached: database.execute("select count(*) from claims").fetchone()[0] >= r)  # type: ignore[misc]
        process.send_signal(signal.SIGKILL)
        process.communicate()
    site.run("claims", "read")
    site.run("deliver")
    assert len(site.json("claims", "list")) == len(sent(site)) == 40
    assert not list(mailbox.iterdir())


def test_a_letter_from_entry_to_close(site: Site) -> None:
    site.config(BY_MAIL)
    site.write("notes/first.md", "---\ntitle: 第一篇\ndate: 2026-11-20\n---\n正文。\n")
    site.run("run")
    (entry,) = site.json("list")
    words = ("--kind", "takedown", "--name", "某社", "--text", "请撤下", "--how", "信函")
    made = site.json("claims", "add", *words, at="2026-11-20T10:00+08:00")
    assert (made["email"], made["due"][:10], made["entry"]) == (None, "2026-12-20", None)
    assert site.run("claims", "retract", "1", status=None).status == 2
    site.run("claims", "about", "C1", entry["id"][:8])
    reach = site.json("claims", "retract", "1", "--dry-run")
    assert (reach["entries"], reach["readers"]) == ([entry["id"]], 0)
    assert f"articles/{entry['id']}.html" in reach["pages"]
    assert "rss.xml" in reach["feeds"]
    assert site.json("list")[0]["status"] == "published", "a dry run does nothing"
    told = site.run("claims", "retract", "1").out
    assert told.startswith("1 entry, ")
    assert "taken down" in told
    assert site.json("list")[0]["status"] == "retracted"
    assert not any(entry["id"].encode() in data for path, data in site.published().items()
                   if path.endswith("rss.xml"))  # fmt: skip
    assert "it has no mail address" in site.run("claims", "answer", "1", "--text", "已撤下").out
    site.run("claims", "close", "1", "--note", "完")
    what = [step["what"] for step in site.json("claims", "show", "1")["history"]]
    assert what == ["received", "is about", "took the article down", "answered", "closed"]
    counts = site.json("status")["claims"]
    assert counts == {"open": 0, "near": 0, "overdue": 0, "answered": 0, "closed": 1}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--kind", "x", "--name", "a", "--text", "b"), "neither takedown nor royalty"),
        (("--kind", "royalty", "--name", " ", "--text", "b"), "who makes it"),
        (("--kind", "royalty", "--name", "a", "--text", "b", "--email", "x"), "no mail address"),
    ],
)
def test_what_cannot_be_entered(site: Site, words: tuple[str, ...], why: str) -> None:
    site.config(CONFIG)
    ran = site.run("claims", "add", *words, status=2)
    assert why in ran.err
    assert site.json("claims", "list") == []


def test_the_editor_is_reminded_by_run_alone(site: Site) -> None:
    site.config('[site.contact]\nemail = "editor@news.example"\n' + CONFIG)
    words = ("--kind", "takedown", "--name", "某社", "--text", "请撤下")
    site.run("claims", "add", *words, at="2026-11-20")
    assert site.json("run", at="2026-12-01")["digests"]["sent"] == 0
    for _ in "ab":
        site.run("run", at="2026-12-14")
    assert sent(site) == ["投诉 C00001 将于 2026年12月20日 到期"]
    assert site.json("status", at="2026-12-14")["claims"]["near"] == 1
    assert site.json("status", at="2026-12-24")["claims"]["overdue"] == 1


def test_a_daemon_without_digests_reminds(site: Site) -> None:
    contact = '[site.contact]\nemail = "editor@news.example"\n'
    site.config(contact + CONFIG.replace('[[digests]]\nid = "daily"\ntitle = "每日摘要"\n', ""))
    site.write("notes/first.md", "---\ntitle: 第一篇\n---\n正文。\n")
    words = ("--kind", "takedown", "--name", "某社", "--text", "请撤下")
    site.run("claims", "add", *words, at="2026-11-20")
    at = Served(site, "--at", "2026-12-14T08:00+08:00")
    try:
        until(lambda: len(at.mails()) == 1)
    finally:
        at.stop()


def test_an_unset_password_of_a_mailbox_stops_no_mail(site: Site) -> None:
    site.config(
        BY_MAIL.replace(
            "[mail]", '[mail]\nclaims_inbox = "imaps://c@127.0.0.1:1/INBOX"\n'
            'claims_inbox_password = "env:NOT_SET_ANYWHERE"',
        )
    )  # fmt: skip
    words = ("--kind", "takedown", "--name", "某社", "--text", "x", "--email", "a@press.example")
    site.run("claims", "add", *words)
    assert site.json("deliver")["digests"]["sent"] == 1


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        ('claims = "claims@news.example"', "mail.claims: nothing reads what comes there"),
        ('claims = "nobody"', "mail.claims: 'nobody' is not an address"),
        ('claims_inbox = "lmtp:x"', "mail.claims_inbox: 'lmtp:x' is none of maildir:, imaps://"),
        ('claims_inbox = "maildir:in"\ninbox = "maildir:in"', "mail.claims_inbox: is mail.inbox"),
        ('claims_inbox = "maildir:in"', "site.contact.email: nobody is reminded"),
    ],
)
def test_check_knows_them(site: Site, mail: str, said: str) -> None:
    site.config(CONFIG.replace("[mail]", f"[mail]\n{mail}"))
    assert said in site.run("check", status=None).out
