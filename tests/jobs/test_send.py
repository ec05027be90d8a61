"""Delivery: states, retries, real servers on loopback, and a process that is killed."""

from __future__ import annotations

import asyncio
import email
import email.policy
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from syndicate.adapters.smtp import route
from syndicate.adapters.store import outbox, subscribers
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.outbox import Variant
from syndicate.errors import MailError
from syndicate.jobs import send
from syndicate.jobs.send import Delivery, deliver, delivering
from syndicate.model import MessageState, Subscriber, SubscriberState
from syndicate.settings import Digest, Mail, Settings, Site
from tests.conftest import NOW, ROOT

SECRET = b"0123456789abcdef"
CRASHES = int(os.environ.get("SYNDICATE_TEST_CRASHES", "4"))


def settings(tmp_path: Path, **mail: Any) -> Settings:
    return Settings(
        site=Site("示例站", "https://news.example/"),
        file=tmp_path / "config.toml",
        mail=Mail(sender="digest@news.example", **mail),
        digests=(Digest("daily", "每日摘要"),),
    )


def fill(
    db: Database, count: int, domain: Callable[[int], str] = lambda _: "reader.example"
) -> None:
    html = "<p>正文<a href='\ue0f0unsubscribe\ue0f1'>退订</a> \ue0f0email\ue0f1</p>"
    text = ".开头有点\n正文\n\n\ue0f0unsubscribe\ue0f1\n"
    with db.begin() as conn:
        outbox.add_variants(
            conn,
            [Variant("daily-1.0", "daily-1", "digest", "zh-CN", (), "主题", html, text, False)],
        )
        rows = [
            outbox.queued(
                edition="daily-1",
                subscriber=f"s{i}",
                email=f"u{i}@{domain(i)}",
                name="",
                salt="salt",
                variant="daily-1.0",
                message_id=f"<{i}@news.example>",
                date=NOW,
                now=NOW,
            )
            for i in range(count)
        ]
        outbox.add_messages(conn, rows)


def states(db: Database) -> dict[str, int]:
    with db.read() as conn:
        return outbox.totals(conn)


@dataclass
class Server:
    """A server whose answers a test chooses: by verb, or by recipient for RCPT and the body."""

    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SMTPUTF8")
    answer: Callable[[str, str], str | None] = lambda *_: None
    port: int = 0
    got: list[tuple[str, str, bytes]] = field(default_factory=list)
    connections: int = 0
    greeting: str = "220 here"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        sender = who = ""
        writer.write(self.greeting.encode() + b"\r\n")
        while line := (await reader.readline()).decode():
            verb = line[:4].upper().strip()
            if verb in ("EHLO", "LHLO"):
                said = "".join(f"250-{e}\r\n" for e in self.extensions) + "250 here"
            else:
                if verb == "MAIL":
                    sender = line.partition("<")[2].partition(">")[0]
                if verb == "RCPT":
                    who = line.partition("<")[2].partition(">")[0]
                said = self.answer(verb, who) or ("354 go" if verb == "DATA" else "250 ok")
            if said == "drop":
                break
            writer.write(said.encode() + b"\r\n")
            if verb == "DATA" and said.startswith("354"):
                data = await reader.readuntil(b"\r\n.\r\n")
                said = self.answer("body", who) or "250 taken"
                if said.startswith("250") or said == "taken and drop":
                    self.got.append((sender, who, data[:-3].replace(b"\r\n..", b"\r\n.")))
                if said.endswith("drop"):
                    break
                writer.write(said.encode() + b"\r\n")
            if verb == "QUIT" or said.startswith("421"):
                break
        writer.close()

    @property
    def recipients(self) -> list[str]:
        return [who for _, who, _ in self.got]


@asynccontextmanager
async def running(server: Server) -> AsyncIterator[Server]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


def delivered(db: Database, made: Settings, server: Server, **more: Any) -> Delivery:
    async def run() -> Delivery:
        async with running(server):
            way = route(f"smtp://127.0.0.1:{server.port}")
            return await deliver(db, made, way, SECRET, more.pop("now", NOW), **more)

    return asyncio.run(asyncio.wait_for(run(), 30))


@pytest.mark.parametrize("extensions", [("PIPELINING", "8BITMIME"), ()], ids=["pipelined", "plain"])
def test_everything_is_sent_once(
    database: Database, tmp_path: Path, extensions: tuple[str, ...]
) -> None:
    fill(database, 50)
    server = Server(extensions)
    done = delivered(database, settings(tmp_path), server)
    assert done == Delivery(sent=50)
    assert Counter(server.recipients) == Counter(f"u{i}@reader.example" for i in range(50))
    assert states(database) == {"sent": 50}
    assert server.connections <= 4
    assert delivered(database, settings(tmp_path), server) == Delivery()


def test_what_arrives(sqlite_database: Database, tmp_path: Path) -> None:
    fill(sqlite_database, 2)
    server = Server()
    delivered(sqlite_database, settings(tmp_path, connections=1), server)
    sender, who, data = server.got[0]
    assert sender.startswith("digest+s0-")
    assert sender.endswith("@news.example")
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert message["Message-ID"] == "<0@news.example>"
    assert message["To"] == who
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert text.startswith(".开头有点\n正文\n")
    assert "https://news.example/unsubscribe/s0." in text
    assert who in message.get_body(("html",)).get_content()


CASES = [
    pytest.param("MAIL", "451 later", "deferred", id="4xx to MAIL"),
    pytest.param("RCPT", "450 greylisted", "deferred", id="4xx to RCPT"),
    pytest.param("DATA", "452 full", "deferred", id="4xx to DATA"),
    pytest.param("body", "451 later", "deferred", id="4xx to the body"),
    pytest.param("RCPT", "550 no such user", "failed", id="5xx to RCPT"),
    pytest.param("body", "554 spam", "failed", id="5xx to the body"),
    pytest.param("DATA", "554 no", "failed", id="5xx to DATA"),
]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(("verb", "said", "state"), CASES)
def test_a_refusal_is_of_one_message(
    sqlite_database: Database, tmp_path: Path, verb: str, said: str, state: str, pipelining: bool
) -> None:
    fill(sqlite_database, 9)
    asked: Counter[str] = Counter()

    def answer(heard: str, _: str) -> str | None:
        asked[heard] += 1
        return said if heard == verb and asked[heard] == 3 else None

    server = Server(("PIPELINING",) if pipelining else (), answer)
    done = delivered(sqlite_database, settings(tmp_path, connections=1), server)
    assert done.sent == 8
    assert states(sqlite_database) == {"sent": 8, state: 1}
    assert len(set(server.recipients)) == 8
    assert said in done.problems[0]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("verb", "said", "state"),
    [
        pytest.param("RCPT", "550 5.1.1 no such user", "suppressed", id="nobody there"),
        pytest.param("RCPT", "554 5.7.1 your address is listed", "confirmed", id="about us"),
        pytest.param("RCPT", "450 4.1.1 user unknown", "confirmed", id="not for good"),
        pytest.param("MAIL", "550 5.1.1 no such user", "confirmed", id="of the sender"),
    ],
)
def test_a_recipient_who_is_not_there_is_mailed_no_more(
    database: Database, tmp_path: Path, verb: str, said: str, state: str, pipelining: bool
) -> None:
    fill(database, 3)
    people = [
        Subscriber(f"s{i}", f"u{i}@reader.example", state=SubscriberState.CONFIRMED)
        for i in range(3)
    ]
    with database.begin() as conn:
        subscribers.save(conn, [(each, each.email) for each in people], NOW)
    gone = "u1@reader.example"
    asked: list[str] = []

    def answer(heard: str, who: str) -> str | None:
        if heard != verb:
            return None
        asked.append(heard)
        return said if (who == gone if verb == "RCPT" else len(asked) == 2) else None

    server = Server(("PIPELINING",) if pipelining else (), answer)
    done = delivered(database, settings(tmp_path, connections=1), server)
    assert done.sent == 2
    with database.read() as conn:
        found = subscribers.get(conn, "s1")
        record = [row["what"] for row in subscribers.record(conn, "s1")]
        others = [subscribers.get(conn, each).state for each in ("s0", "s2")]
    assert found is not None
    assert found.state.value == state
    assert record == (["bounced", "suppressed"] if state == "suppressed" else [])
    assert others == [SubscriberState.CONFIRMED] * 2


def test_a_deferred_message_is_for_a_later_run_and_not_for_ever(
    sqlite_database: Database, tmp_path: Path
) -> None:
    fill(sqlite_database, 1)
    server = Server(answer=lambda verb, _: "450 later" if verb == "RCPT" else None)
    made = settings(tmp_path)
    assert delivered(sqlite_database, made, server).deferred == 1
    assert delivered(sqlite_database, made, server) == Delivery()
    now, tries = NOW, 1
    while states(sqlite_database) == {"deferred": 1}:
        now += timedelta(hours=6)
        tries += 1
        delivered(sqlite_database, made, server, now=now)
    assert states(sqlite_database) == {"failed": 1}
    assert now - NOW == timedelta(days=3)


@pytest.mark.parametrize(
    ("verb", "said"),
    [("RCPT", "421 closing"), ("MAIL", "drop"), ("body", "drop"), ("body", "taken and drop")],
    ids=["421", "dropped at MAIL", "dropped in DATA", "dropped after DATA"],
)
def test_a_lost_connection_means_connect_again(
    sqlite_database: Database, tmp_path: Path, verb: str, said: str
) -> None:
    fill(sqlite_database, 30)
    asked: Counter[str] = Counter()

    def answer(heard: str, _: str) -> str | None:
        asked[heard] += 1
        return said if heard == verb and asked[heard] % 7 == 0 else None

    server = Server(answer=answer)
    done = delivered(sqlite_database, settings(tmp_path), server)
    assert done.sent == 30
    assert set(server.recipients) == {f"u{i}@reader.example" for i in range(30)}
    repeated = len(server.got) - 30
    assert repeated == 0 if said != "taken and drop" else repeated < server.connections
    ids = {(who, email.message_from_bytes(data)["Message-ID"]) for _, who, data in server.got}
    assert len(ids) == 30


def test_a_message_that_ends_every_connection_holds_nobody(
    sqlite_database: Database, tmp_path: Path
) -> None:
    fill(sqlite_database, 10)
    bad = "u3@reader.example"
    server = Server(answer=lambda verb, who: "drop" if verb == "body" and who == bad else None)
    done = delivered(sqlite_database, settings(tmp_path), server)
    assert (done.sent, done.deferred) == (9, 1)


@pytest.mark.parametrize("greeting", ["554 go away", "421 busy"], ids=["refused", "busy"])
def test_a_route_that_cannot_be_used_keeps_everything(
    sqlite_database: Database, tmp_path: Path, greeting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "_WAITS", (0.0, 0.0))
    fill(sqlite_database, 5)
    with pytest.raises(MailError, match=greeting[:3]):
        delivered(sqlite_database, settings(tmp_path), Server(greeting=greeting))
    assert states(sqlite_database) == {"queued": 5}
    assert delivered(sqlite_database, settings(tmp_path), Server()).sent == 5


def test_nobody_listens(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "_WAITS", (0.0,))
    fill(sqlite_database, 2)
    with pytest.raises(MailError, match=r"127\.0\.0\.1:1"):
        asyncio.run(
            deliver(sqlite_database, settings(tmp_path), route("smtp://127.0.0.1:1"), SECRET, NOW)
        )
    assert states(sqlite_database) == {"queued": 2}


def test_a_slow_domain_does_not_hold_the_others(sqlite_database: Database, tmp_path: Path) -> None:
    fill(sqlite_database, 40, lambda i: "slow.example" if i < 30 else f"d{i}.example")
    server = Server()
    delivered(sqlite_database, settings(tmp_path, connections=2), server)
    first = [who.rpartition("@")[2] for who in server.recipients[:22]]
    assert sum(domain != "slow.example" for domain in first) >= 9


def test_the_rate_is_kept(sqlite_database: Database, tmp_path: Path) -> None:
    fill(sqlite_database, 6)
    started = time.monotonic()
    delivered(sqlite_database, settings(tmp_path, rate=50.0), Server())
    assert time.monotonic() - started >= 5 / 50


def test_what_a_dead_process_held_is_sent(database: Database, tmp_path: Path) -> None:
    fill(database, 3)
    dead = send.clock() + timedelta(seconds=0 if not database.is_sqlite else 60)
    with database.begin() as conn:
        assert len(outbox.claim(conn, "dead", NOW, dead, 2)) == 2
    assert delivered(database, settings(tmp_path), Server(), lease=1.0).sent == 3


def test_a_living_process_keeps_what_it_holds(database: Database, tmp_path: Path) -> None:
    if database.is_sqlite:
        pytest.skip("there the lock says who lives")
    fill(database, 3)
    with database.begin() as conn:
        outbox.claim(conn, "other", NOW, send.clock() + timedelta(seconds=0.4), 1)
    started = time.monotonic()
    assert delivered(database, settings(tmp_path), Server(), lease=0.4).sent == 3
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("text", ["改了\n", ""], ids=["one entry of several", "all there was"])
def test_what_is_taken_down_after_it_was_claimed(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Messages that are claimed and have not left follow what their variant has become."""
    monkeypatch.setattr(delivering, "_LOOK", 0.005)
    fill(sqlite_database, 45)  # fewer than are claimed at once

    def answer(verb: str, _: str) -> str | None:
        if verb == "body" and len(server.got) == 5:
            with sqlite_database.begin() as conn:
                known = outbox.variant(conn, "daily-1.0")
                assert known is not None
                changed = replace(known, entries=("other",) if text else (), html="", text=text)
                outbox.add_variants(conn, [changed])
        time.sleep(0.002)
        return None

    server = Server(answer=answer)
    done = delivered(sqlite_database, settings(tmp_path, connections=1), server)
    assert done.sent + done.dropped == 45
    assert bool(done.dropped) is not bool(text)
    if text:
        late = email.message_from_bytes(server.got[-1][2])
        assert cast(bytes, late.get_payload(decode=True)).decode().strip() == "改了"
    else:
        assert states(sqlite_database) == {"sent": done.sent, "dropped": done.dropped}
        assert done.sent < 45


def test_told_to_stop_it_settles_what_is_in_flight(
    sqlite_database: Database, tmp_path: Path
) -> None:
    fill(sqlite_database, 30)
    server = Server()
    done = delivered(sqlite_database, settings(tmp_path), server, stop=lambda: len(server.got) >= 8)
    assert 8 <= done.sent < 30
    assert states(sqlite_database) == {"sent": done.sent, "queued": 30 - done.sent}
    assert delivered(sqlite_database, settings(tmp_path), server).sent == 30 - done.sent
    assert len(server.got) == 30


def test_maildir(sqlite_database: Database, tmp_path: Path) -> None:
    fill(sqlite_database, 3)
    folder = tmp_path / "mail"
    done = asyncio.run(
        deliver(sqlite_database, settings(tmp_path), route(f"maildir:{folder}"), SECRET, NOW)
    )
    assert done.sent == 3
    messages = [email.message_from_bytes(p.read_bytes()) for p in (folder / "new").iterdir()]
    assert {m["Message-ID"] for m in messages} == {f"<{i}@news.example>" for i in range(3)}


def test_steps() -> None:
    assert outbox.STEPS[MessageState.SENT] == frozenset()
    assert MessageState.SENDING in outbox.STEPS[MessageState.DEFERRED]


DELIVERER = """
import asyncio, sys
from pathlib import Path
from syndicate.adapters.smtp import route
from syndicate.adapters.store import open_database
from syndicate.jobs.send import deliver
from tests.jobs.test_send import NOW, SECRET, settings
folder, port = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
done = asyncio.run(deliver(open_database(f"sqlite:{folder}/test.db"), settings(folder),
                           route(f"smtp://127.0.0.1:{port}"), SECRET, NOW))
print(done.sent)
"""


def test_killed_at_any_instant_nothing_is_lost(sqlite_database: Database, tmp_path: Path) -> None:
    """kill -9 while it sends, again and again: all arrive, at most one a connection and kill
    twice, and each under its own Message-ID."""
    count = 120 * CRASHES
    fill(sqlite_database, count)
    server = Server()
    killed = asyncio.run(_killed_and_started_again(tmp_path, server))
    assert set(server.recipients) == {f"u{i}@reader.example" for i in range(count)}
    assert states(sqlite_database) == {"sent": count}
    repeated = len(server.got) - count
    print(f"{killed} kills, {count} messages, {repeated} repeated")
    assert repeated <= 4 * killed
    ids = {(who, email.message_from_bytes(data)["Message-ID"]) for _, who, data in server.got}
    assert len(ids) == count


async def _killed_and_started_again(folder: Path, server: Server) -> int:
    command = (sys.executable, "-c", DELIVERER, str(folder))
    async with running(server):
        for kill in range(CRASHES):
            process = await asyncio.create_subprocess_exec(
                *command, str(server.port), cwd=ROOT, stdout=subprocess.PIPE
            )
            until = len(server.got) + 20 + 7 * (kill % 9)
            while len(server.got) < until and process.returncode is None:
                await asyncio.sleep(0.0005)
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
            await process.wait()
        process = await asyncio.create_subprocess_exec(*command, str(server.port), cwd=ROOT)
        assert await process.wait() == 0
    return CRASHES
