"""One edition to many subscribers: composed, signed, handed over, every state recorded.

`messages_per_s` is of composing and delivering together, by the code that `digest send` runs.
`naive_per_s` is the obvious loop on the same edition: render, inline, build and sign (dkimpy, RSA)
for each subscriber, over one connection of smtplib. A selection has half of 40 entries: a message
of some 60 kB.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import smtplib
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from syndicate.adapters import dkim as signing
from syndicate.adapters.smtp import route
from syndicate.adapters.store import editions as edition_store
from syndicate.adapters.store import entries, open_database, outbox, subscribers
from syndicate.adapters.store.engine import Database
from syndicate.adapters.templates import Templates
from syndicate.core import editions, mime
from syndicate.jobs import digest as job
from syndicate.jobs import send
from syndicate.model import Attribution, Entry, GivenDate, Person, Publisher, Subscriber
from syndicate.model import SubscriberState as State
from syndicate.settings import Column, Digest, Dkim, Mail, Settings, Site, Source

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SECRET = b"benchmark-secret"
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
_TEXT = "各地各部门认真落实有关规定，推动信息公开，方便群众办事，提高工作效率。"
_CHUNK = 5000
_ENTRIES = 40


def main(argv: list[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser("benchmarks digest", description=__doc__)
    parser.add_argument("--subscribers", type=int, default=10_000)
    parser.add_argument("--selections", type=int, default=40, help="different choices of columns")
    parser.add_argument("--smtp", required=True, metavar="HOST:PORT")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--naive", type=int, default=200, help="messages sent the naive way")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Path(folder), given)


def _measured(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    seed, pem = _keys()
    made = _settings(folder, given, seed)
    database = open_database(f"sqlite:{folder}/benchmark.db")
    templates = Templates([TEMPLATES])
    _fill(database, given.subscribers, given.selections)
    digest = made.digests[0]
    started, cpu = time.perf_counter(), time.process_time()
    composed = job.compose_now(database, made, digest, templates, SECRET, NOW)
    composing = time.perf_counter() - started
    way = route(f"smtp://{given.smtp}?tls=none")
    done = asyncio.run(
        send.deliver(database, made, way, SECRET, NOW, sign=signing.signer(made.mail.dkim))
    )
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with database.read() as conn:
        states = outbox.totals(conn)
    naive = _naive(database, made, templates, given, pem) if given.naive else None
    database.close()
    return {
        "messages_per_s": round(done.sent / wall, 1),
        "naive_per_s": round(naive, 1) if naive else None,
        "times_naive": round(done.sent / wall / naive, 1) if naive else None,
        "rss_mb": round(rss, 1),
        "messages": composed.messages,
        "sent": done.sent,
        "states": states,
        "compose_s": round(composing, 3),
        "deliver_s": round(wall - composing, 3),
        "cpu_us": round(cpu / max(done.sent, 1) * 1e6, 1),
    }


def _keys() -> tuple[str, bytes]:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    small = ed25519.Ed25519PrivateKey.generate().private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    )
    large = rsa.generate_private_key(65537, 2048).private_bytes(
        form.Encoding.PEM, form.PrivateFormat.TraditionalOpenSSL, form.NoEncryption()
    )
    return small.decode(), large


def _settings(folder: Path, given: argparse.Namespace, key: str) -> Settings:
    columns = tuple(Column(f"c{i}", f"栏目{i}") for i in range(max(given.selections, 1)))
    return Settings(
        site=Site("示例站", "https://news.example/"),
        file=folder / "config.toml",
        columns=(*columns, Column("rest", "其他", rest=True)),
        sources=(Source("gov", "示例公报", timezone="Asia/Shanghai", content="summary"),),
        digests=(Digest("daily", "每日摘要", timezone="Asia/Shanghai", items=60),),
        mail=Mail(
            sender="digest@news.example",
            connections=given.connections,
            dkim=Dkim("news.example", "s1", key),
        ),
    )


def _fill(database: Database, count: int, selections: int) -> None:
    with database.begin() as conn:
        edition_store.enrol(conn, ["daily"], NOW - timedelta(days=2))
        listed = [_entry(i, f"c{i % max(selections, 1)}") for i in range(_ENTRIES)]
        entries.save(conn, [(entry, entry.columns) for entry in listed])
    for start in range(0, count, _CHUNK):
        with database.begin() as conn:
            some = range(start, min(start + _CHUNK, count))
            subscribers.save(conn, list(_people(some, selections)), NOW - timedelta(days=1))


def _people(numbers: range, selections: int) -> Iterator[tuple[Subscriber, str]]:
    for i in numbers:
        email = f"reader{i}@d{i % 50}.example"
        first = i % max(selections, 1)
        chosen = tuple(
            f"c{(first + k) % max(selections, 1)}" for k in range(max(selections // 2, 1))
        )
        yield (
            Subscriber(
                f"{i:016x}", email, State.CONFIRMED, columns=chosen if selections > 1 else (),
                joined=NOW - timedelta(days=1), token_salt=f"{i:x}",
            ),
            email,
        )  # fmt: skip


def _entry(number: int, column: str) -> Entry:
    said = Attribution(
        source=Publisher("示例日报", "https://daily.example/"),
        authors=(Person("佚名"),),
        original_url=f"https://daily.example/{number}",
        published=GivenDate("2026-11-23"),
    )
    id = f"benchmark{number:05}"
    return Entry(
        id, "gov", f"k{number}", f"g{number}", f"第{number}号示例标题", said,
        NOW - timedelta(hours=5), url=f"https://daily.example/{number}", content_text=_TEXT * 20,
        summary=_TEXT * 4, language="zh-CN", story=id, column=column, columns=(column,),
    )  # fmt: skip


def _naive(
    database: Database, made: Settings, templates: Templates, given: argparse.Namespace, pem: bytes
) -> float:
    """The obvious loop: everything again for each subscriber; messages a second."""
    import dkim

    digest = made.digests[0]
    with database.read() as conn:
        edition = edition_store.of_digest(conn, digest.id, 1)[0]
        ids = edition_store.entries_of(conn, edition.id)[: _ENTRIES // 2]
        chosen = list(entries.get_many(conn, ids).values())
    host, _, port = given.smtp.rpartition(":")
    client = smtplib.SMTP(host, int(port))
    started = time.perf_counter()
    for number in range(given.naive):
        rendered = editions.render(
            made, digest, edition.id, edition.local, chosen, "zh-CN", templates, also={}
        )
        email = f"r{number}@reader.example"
        key = mime.message_id(edition.id, email, SECRET, made.site)
        to = mime.addressed(
            *(made, SECRET),
            subscriber=f"{number:016x}",
            salt="s",
            email=email,
            name="",
            message_id=key,
            date=NOW,
            edition=edition.id,
        )
        html, text = mime.shown(rendered, to)
        mail = EmailMessage()
        mail["From"], mail["To"] = made.mail.sender, email
        mail["Subject"], mail["Message-ID"] = rendered.subject, key
        mail.set_content(text, cte="base64")
        mail.add_alternative(html, subtype="html", cte="base64")
        data = mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
        signature = dkim.sign(data, b"s1", b"news.example", pem)
        client.sendmail(made.mail.sender, [mail["To"]], signature + data)
    client.quit()
    return float(given.naive) / (time.perf_counter() - started)
