"""The daemon as a process: web, mail, reload, stop."""

from __future__ import annotations

import email
import re
import resource
import select
import signal
import smtplib
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from email import policy
from email.message import EmailMessage
from pathlib import Path

import httpx2
import pytest
from sites import FeedServer, Site

from syndicate.core import verp

CONFIG = """
[mail]
route = "maildir:var/mail"
[fetch]
allow_networks = ["127.0.0.0/8"]
[[digests]]
id = "daily"
title = "每日摘要"
[[sources]]
id = "notes"
type = "folder"
path = "notes"
own = true
"""
PATIENCE = 20.0


def until(true: Callable[[], object]) -> None:
    """Wait for what a daemon does in its own time."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        select.select([], [], [], 0.05)


class Served:
    """A daemon of one test, on a port of its own."""

    def __init__(self, site: Site, *words: str, **environment: str) -> None:
        self.site = site
        self.process = site.process("-v", "serve", "--listen", "127.0.0.1:0", *words, **environment)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, (line, self.process.communicate(timeout=5))
        self.url = found[0]
        self.client = httpx2.Client(base_url=self.url, timeout=10)

    def get(self, path: str) -> httpx2.Response:
        return self.client.get(path)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """The exit status and what was logged."""
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, err = self.process.communicate(timeout=15)
        return self.process.returncode, err

    def mails(self) -> list[EmailMessage]:
        folder = self.site.root / "var" / "mail" / "new"
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        return [
            email.message_from_bytes(file.read_bytes(), policy=policy.default)  # type: ignore[misc]
            for file in files
        ]


Serve = Callable[..., Served]


@pytest.fixture
def serve(site: Site) -> Iterator[Serve]:
    running: list[Served] = []

    def start(config: str = CONFIG, *words: str, **environment: str) -> Served:
        site.config(config)
        site.write("notes/first.md", "---\ntitle: 第一篇\ndate: 2026-11-20\n---\n正文。\n")
        running.append(Served(site, *words, **environment))
        return running[-1]

    yield start
    for each in running:
        each.client.close()
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate()


def link_in(message: EmailMessage, purpose: str) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    found = re.search(rf"https://news\.example(/{purpose}/\S+)", body.get_content())
    assert found
    return found[1]


def test_from_sign_up_to_unsubscribing(serve: Serve) -> None:
    at = serve(CONFIG, "--at", "2026-11-24T08:00:30+08:00")
    until(lambda: at.get("/").status_code == 200)
    assert "第一篇" in at.get("/").text
    assert at.get("/readyz").json()["ready"]
    at.client.post("/subscribe", data={"email": "wang@mail.example"})
    until(at.mails)
    (message,) = at.mails()
    assert message["To"] == "wang@mail.example"
    assert message["List-Unsubscribe"] is None
    path = link_in(message, "confirm")
    assert at.get(path).status_code == 200
    assert at.client.post(path).status_code == 200
    (person,) = at.site.json("subscribers", "list")
    assert person["state"] == "confirmed"
    status, log = at.stop()
    assert status == 0
    assert "Traceback" not in log


def test_a_database_that_is_gone_is_told(serve: Serve) -> None:
    at = serve(CONFIG)
    until(lambda: at.get("/").status_code == 200)
    for file in (at.site.root / "var").glob("syndicate.db*"):
        file.unlink()
    answer = at.get("/readyz")
    assert answer.status_code == 503
    assert "gone" in answer.json()["database"]
    assert at.get("/healthz").status_code == 200
    assert at.get("/").status_code == 200


def test_what_was_missed_is_caught_up_once(serve: Serve, site: Site) -> None:
    site.config(CONFIG)
    site.run("run", at="2026-11-20T07:00:00+08:00")
    site.run("subscribers", "add", "wang@mail.example", at="2026-11-20T07:10:00+08:00")
    second = serve(CONFIG, "--at", "2026-11-24T09:00:00+08:00")
    until(second.mails)
    (message,) = second.mails()
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page = second.client.post(
        re.sub(r"^<https://news\.example|>.*$", "", str(message["List-Unsubscribe"])),
        data={"List-Unsubscribe": "One-Click"},
    )
    assert page.status_code == 200
    second.stop()
    (person,) = site.json("subscribers", "list")
    assert person["state"] == "unsubscribed"
    assert len(second.mails()) == 1


def test_a_broken_config_is_refused_and_named(serve: Serve, site: Site) -> None:
    at = serve()
    until(lambda: at.get("/").status_code == 200)
    site.config(CONFIG + "\n[publish]\nitmes = 3\n")
    at.process.send_signal(signal.SIGHUP)
    assert at.get("/healthz").status_code == 200
    good = CONFIG + '\n[[columns]]\nid = "law"\ntitle = "法治"\n'
    until(lambda: "itmes" in (site.root / "config.toml").read_text("utf-8"))
    select.select([], [], [], 1.0)  # the broken one is looked at before the good one comes
    site.config(good)
    at.process.send_signal(signal.SIGHUP)
    until(lambda: at.get("/law/").status_code == 200)
    status, log = at.stop()
    assert status == 0
    assert "itmes" in log
    assert "reloaded" in log


def test_a_changed_template_is_taken_up(serve: Serve, site: Site) -> None:
    at = serve()
    until(lambda: at.get("/").status_code == 200)
    site.write("templates/message.html", "{% if %}")
    select.select([], [], [], 3.0)  # it is noticed by its time, and refused
    assert "没有" in at.get("/nope").text or at.get("/nope").status_code == 404
    site.write("templates/message.html", "another page: {{ page.title }}")
    until(lambda: at.get("/nope").text.startswith("another page"))
    _, log = at.stop()
    assert "message.html:1" in log


def test_new_entries_are_published(serve: Serve, site: Site, server: FeedServer) -> None:
    at = serve()
    until(lambda: at.get("/").status_code == 200)
    site.write("notes/second.md", "---\ntitle: 第二篇\ndate: 2026-11-21\n---\n正文。\n")
    site.run("ingest", "notes", at="")  # another process reads it; the daemon publishes
    until(lambda: "第二篇" in at.get("/").text)
    assert at.stop()[0] == 0


def test_changed_articles_are_read_at_once(serve: Serve, site: Site) -> None:
    """A folder is not waited for: its next poll is minutes away."""
    at = serve()
    until(lambda: "第一篇" in at.get("/").text)
    site.write("notes/deep/second.md", "---\ntitle: 第二篇\ndate: 2026-11-21\n---\n正文。\n")
    until(lambda: "第二篇" in at.get("/").text)
    new = site.root / "notes" / "first.new"  # as editors save: another file, put in place
    new.write_text("---\ntitle: 第一篇（修订）\ndate: 2026-11-20\n---\n正文改了。\n", "utf-8")
    new.rename(site.root / "notes" / "first.md")
    until(lambda: "第一篇（修订）" in at.get("/").text)
    (site.root / "notes" / "deep" / "second.md").unlink()  # no retraction
    site.write("notes/third.md", "---\ntitle: 第三篇\ndate: 2026-11-22\n---\n正文。\n")
    until(lambda: "第三篇" in at.get("/").text)
    assert "第二篇" in at.get("/").text
    assert at.stop()[0] == 0


def test_a_second_daemon_on_the_same_sqlite(serve: Serve, site: Site) -> None:
    at = serve()
    ran = site.call("serve", "--listen", "127.0.0.1:0")
    assert ran.status == 2
    assert "another `syndicate serve` runs on this database" in ran.err
    assert at.stop()[0] == 0


def test_a_daily_copy_and_back_from_it(serve: Serve, site: Site) -> None:
    site.config(CONFIG)
    site.run("subscribers", "add", "wang@mail.example", at="2026-11-20T07:10:00+08:00")
    at = serve(CONFIG + '\n[storage]\nbackup = "var/copies"\n', "--at", "2026-11-20T07:20:00+08:00")
    folder = site.root / "var" / "copies"
    until(lambda: list(folder.glob("syndicate-20261119T*.db")))
    assert at.stop()[0] == 0
    site.run("run", at="2026-11-20T08:01:00+08:00")  # sends the edition that the copy knows not
    assert len(at.mails()) == 1
    (copy,) = folder.iterdir()
    site.run("recover", str(copy), at="2026-11-20T09:00:00+08:00")
    assert site.json("run", at="2026-11-20T09:01:00+08:00")["digests"]["sent"] == 0
    assert len(at.mails()) == 1


def test_a_port_that_is_taken(site: Site) -> None:
    site.config(CONFIG)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = site.call("serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert ran.status == 2
    assert "cannot listen" in ran.err


def test_mail_comes_in_over_lmtp(serve: Serve, site: Site) -> None:
    config = CONFIG.replace("[mail]", '[mail]\nbounce = "b@news.example"\ninbox = "lmtp:in.sock"')
    at = serve(config + '[web]\nsecret = "a secret of tests"\n')
    site.run("subscribers", "add", "wang@mail.example", at="")
    with sqlite3.connect(site.root / "var" / "syndicate.db") as database:
        (who,) = database.execute("select id from subscribers").fetchone()
    to = verp.unsubscribe_address("b@news.example", b"a secret of tests", who)
    with smtplib.LMTP(str(site.root / "in.sock"), timeout=PATIENCE) as client:
        with pytest.raises(smtplib.SMTPDataError, match="is no mail"):
            client.sendmail("", [to], b"\r\nno headers")
        client.sendmail("wang@mail.example", [to], b"From: wang@mail.example\r\nSubject: x\r\n")
        (person,) = site.json("subscribers", "list")
        assert person["state"] == "unsubscribed"  # it was accepted, so that it is done
    assert at.stop()[0] == 0
    assert not (site.root / "in.sock").exists()


def test_interrupted(serve: Serve) -> None:
    assert serve().stop(signal.SIGINT)[0] == 0


def test_systemd_is_told(serve: Serve, tmp_path: Path) -> None:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(address))
        told.settimeout(PATIENCE)
        environment = {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "400000"}
        at = serve(CONFIG, **environment)
        said = b""
        while b"READY=1" not in said or b"WATCHDOG=1" not in said:
            said += told.recv(4096) + b"\n"
        at.process.send_signal(signal.SIGTERM)
        while b"STOPPING=1" not in said:
            said += told.recv(4096) + b"\n"
        assert at.process.wait(15) == 0


def test_killed_and_started_again(serve: Serve, site: Site) -> None:
    first = serve()
    until(lambda: first.get("/").status_code == 200)
    first.process.kill()
    first.process.wait()
    site.write("notes/third.md", "---\ntitle: 第三篇\ndate: 2026-11-22\n---\n正文。\n")
    second = serve()
    until(lambda: "第三篇" in second.get("/").text)
    assert second.stop()[0] == 0


def test_claims_on_the_command_line(serve: Serve, site: Site) -> None:
    at = serve()
    fields = {"kind": "takedown", "name": "某社", "email": "a@press.example", "text": "请撤下"}
    assert at.client.post("/claims", data=fields).status_code == 200
    (claim,) = site.json("claims", "list", at="")
    assert claim["number"] == "C00001"
    site.run("claims", "answer", "C00001", "--text", "已撤下。", at="")
    shown = site.json("claims", "show", "1", at="")
    assert [step["what"] for step in shown["history"]] == ["received", "answered"]
    site.run("claims", "close", "1", at="")
    assert site.json("claims", "list", at="") == []
    assert site.run("claims", "show", "9", status=None, at="").status == 2
    until(lambda: len(at.mails()) == 2)


def test_on_postgresql(serve: Serve, postgresql_url: str) -> None:
    database = f'\n[storage]\ndatabase = "{postgresql_url}"\n'
    at = serve(CONFIG + database)
    until(lambda: "第一篇" in at.get("/").text)
    # What another process did is told by NOTIFY; the daemon itself looks once a minute
    at.site.write("notes/second.md", "---\ntitle: 第二篇\ndate: 2026-11-21\n---\n正文。\n")
    at.site.run("ingest", "notes", at="")
    until(lambda: "第二篇" in at.get("/").text)
    at.client.post("/subscribe", data={"email": "wang@mail.example"})
    until(at.mails)
    assert at.client.post(link_in(at.mails()[0], "confirm")).status_code == 200
    status, log = at.stop()
    assert status == 0, log
    assert "Traceback" not in log


def test_the_mail_route_is_away(serve: Serve) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        at = serve(CONFIG.replace("maildir:var/mail", f"smtp://127.0.0.1:{port}"))
        answer = at.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "ok"
    assert answer.json()["mail"] != "ok"
    assert at.get("/healthz").status_code == 200


def test_a_disk_that_is_full(serve: Serve, site: Site) -> None:
    at = serve()
    until(lambda: "第一篇" in at.get("/").text)
    pid, (_, most) = at.process.pid, resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))  # no file may grow
    site.write("notes/second.md", "---\ntitle: 第二篇\ndate: 2026-11-21\n---\n正文。\n")
    until(lambda: at.get("/readyz").status_code == 503)
    assert at.get("/readyz").json()["database"] != "ok"
    assert "第一篇" in at.get("/").text
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
    until(lambda: "第二篇" in at.get("/").text)
    until(lambda: at.get("/readyz").status_code == 200)
    status, log = at.stop()
    assert status == 0, log
    said = re.findall(r'"level": "error", "event": "(\w+): ', log)
    assert said
    assert len(said) == len(set(said)), log  # by each kind of job once


def test_a_hangup_before_it_listens_is_no_end(site: Site) -> None:
    site.config(CONFIG)
    process = site.process("serve", "--listen", "127.0.0.1:0")
    ignored = Path(f"/proc/{process.pid}/status")
    bit = 1 << (signal.SIGHUP - 1)
    try:
        until(lambda: int(re.findall(r"SigIgn:\s+(\w+)", ignored.read_text())[0], 16) & bit)
        process.send_signal(signal.SIGHUP)
        assert process.stdout is not None
        assert "http://" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.communicate()


def test_no_config(tmp_path: Path) -> None:
    ran = Site(tmp_path).call("serve")
    assert ran.status == 2
