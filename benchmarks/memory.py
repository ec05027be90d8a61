"""What a site of a size holds in memory: `python -m benchmarks memory --sources N --entries N …`.

Each part runs in a process of its own over one filled database, by the code that commands run, and
`rss_mb` is the most that its process held, `cpu_s` what the part took without imports and start:
`idle` with config and database open, `sources` having seen which are due and gone through what is
remembered of each of those, as a run does, `survey` having asked when the next is, `publish`
having published one new entry, `digest` having composed an edition for all subscribers, `status`
and `needs_me` having counted what these show. `fill_s` and `disk_mb` are of the filled database.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

_NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
_CHUNK = 2000
_ITEMS = 50  # of each source, whose hashes are remembered
_SECRET = b"benchmark-secret"


def main(argv: list[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks memory", description=__doc__)
    parser.add_argument("--sources", type=int, default=5000)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--subscribers", type=int, default=100_000)
    given = parser.parse_args(argv)
    sizes = {name: int(getattr(given, name)) for name in ("sources", "entries", "subscribers")}
    with tempfile.TemporaryDirectory() as folder:
        filled = _apart(_fill, folder, sizes)
        _apart(_warm, folder, sizes)
        disk = sum(file.stat().st_size for file in Path(folder).glob("s.db*"))
        parts = {
            name: _apart(part, folder, sizes)
            for name, part in (
                ("idle", _idle),
                ("sources", _sources),
                ("survey", _survey),
                ("publish", _publish),
                ("digest", _digest),
                ("status", _status),
                ("needs_me", _needs_me),
            )
        }
    figures: dict[str, Any] = {
        figure: {name: found.pop(figure) for name, found in parts.items()}
        for figure in ("rss_mb", "cpu_s")
    }
    counted = {name: found for part in parts.values() for name, found in part.items()}
    return {
        **sizes, "fill_s": filled["cpu_s"], "disk_mb": round(disk / 2**20), **figures, **counted
    }  # fmt: skip


def _apart(work: Callable[..., dict[str, Any]], folder: str, sizes: dict[str, int]) -> Any:
    """What a part found, and the most that its process held (MB)."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measured, args=(theirs, work, folder, sizes))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    except EOFError:
        raise SystemExit(f"{work.__name__} failed") from None
    finally:
        process.join()


def _measured(
    pipe: Connection, work: Callable[..., dict[str, Any]], folder: str, sizes: dict[str, int]
) -> None:
    found = work(Path(folder), sizes)
    found.setdefault("cpu_s", 0.0)
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    pipe.send({"rss_mb": round(peak / 1024, 1), **found})


def _settings(folder: Path, sizes: dict[str, int]) -> Any:
    from syndicate.settings import Column, Digest, Mail, Settings, Site, Source, Storage

    named = tuple(
        Source(f"s{n:06d}", f"示例来源{n}", url=_address(n), timezone="Asia/Shanghai")
        for n in range(sizes["sources"])
    )
    return Settings(
        site=Site("示例站", "https://news.example/"),
        file=folder / "config.toml",
        storage=replace(Storage(), database=f"sqlite:{folder}/s.db", output=f"{folder}/feeds"),
        columns=(*(Column(f"c{n}", f"栏目{n}") for n in range(20)), Column("rest", rest=True)),
        sources=(*named, Source("daily", "示例日报", timezone="Asia/Shanghai", content="full")),
        digests=(Digest("daily", "每日摘要", timezone="Asia/Shanghai", items=30),),
        mail=Mail(sender="digest@news.example"),
    )


def _address(number: int) -> str:
    return f"https://s{number}.example/feed.xml"


# --- the database ---------------------------------------------------------------------------


def _fill(folder: Path, sizes: dict[str, int]) -> dict[str, Any]:
    from benchmarks.publish import as_up_to_date
    from syndicate.adapters.store import editions as edition_store
    from syndicate.adapters.store import entries, open_database, sources, subscribers

    began = time.process_time()
    settings = _settings(folder, sizes)
    columns = [column.id for column in settings.columns]
    database = open_database(settings.storage.database)
    for start in range(0, sizes["entries"], _CHUNK):
        part = range(start, min(start + _CHUNK, sizes["entries"]))
        made = [_entry(n, sizes["entries"], columns) for n in part]
        with database.begin() as conn:
            entries.save(conn, [(entry, entry.columns) for entry in made], new={e.id for e in made})
    for start in range(0, sizes["sources"], _CHUNK):
        with database.begin() as conn:
            sources.save(conn, map(_state, range(start, min(start + _CHUNK, sizes["sources"]))))
    for start in range(0, sizes["subscribers"], _CHUNK):
        people = map(_person, range(start, min(start + _CHUNK, sizes["subscribers"])))
        with database.begin() as conn:
            subscribers.save(conn, list(people), _NOW - timedelta(days=2))
    with database.begin() as conn:
        edition_store.enrol(conn, ["daily"], _NOW - timedelta(days=1))
    as_up_to_date(database, settings, _NOW)
    database.close()
    return {"cpu_s": round(time.process_time() - began, 1)}


def _entry(number: int, count: int, columns: list[str]) -> Any:
    """A minute apart, so that a day's edition has to choose among the 1,440 newest."""
    from benchmarks.publish import entry_of

    at = _NOW - timedelta(minutes=count - number)
    return replace(entry_of(number, columns), received=at, published_at=at)


def _state(number: int) -> Any:
    from syndicate.adapters.store.sources import SourceState
    from syndicate.model import Rhythm

    items = frozenset((number * _ITEMS + item).to_bytes(16, "big") for item in range(_ITEMS))
    arrivals = tuple(_NOW - timedelta(hours=hour) for hour in range(20, 0, -1))
    rhythm = Rhythm(last=_NOW, next=_NOW + timedelta(hours=1), arrivals=arrivals)
    facts = {"url": f"https://s{number}.example/", "language": "zh-CN"}
    return SourceState(
        f"s{number:06d}",
        _address(number),
        rhythm,
        b'"etag"',
        items=items,
        title="示例",
        facts=facts,
    )


def _person(number: int) -> tuple[Any, str]:
    from syndicate.model import Subscriber, SubscriberState

    email = f"reader{number}@d{number % 50}.example"
    chosen = tuple(f"c{(number + k) % 20}" for k in range(10))
    joined = _NOW - timedelta(days=2)
    state = SubscriberState.CONFIRMED
    person = Subscriber(
        f"{number:016x}", email, state, columns=chosen, joined=joined, token_salt=f"{number:x}"
    )
    return person, email


# --- the parts ------------------------------------------------------------------------------


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it returns, and the seconds of one core that it took."""
    began = time.process_time()
    return work(), round(time.process_time() - began, 3)


def _idle(folder: Path, sizes: dict[str, int]) -> dict[str, Any]:
    _application(folder, sizes).close()
    return {}


def _sources(folder: Path, sizes: dict[str, int]) -> dict[str, Any]:
    from syndicate.jobs import ingest
    from syndicate.jobs.ingest.states import States

    app = _application(folder, sizes, _NOW + timedelta(hours=2))

    async def gone_through(chosen: list[Any]) -> int:
        states = States(app.database, {source.id: source.url for source in chosen})
        return len([(await states.take(source.id)).id for source in chosen])

    def asked() -> tuple[int, int]:
        chosen = ingest.due(app.database, app.settings, app.now)
        return len(chosen), asyncio.run(gone_through(chosen))

    (due, states), took = _timed(asked)
    app.close()
    return {"cpu_s": took, "sources_due": due, "states": states}


def _survey(folder: Path, sizes: dict[str, int]) -> dict[str, Any]:
    from syndicate.adapters.store import sources
    from syndicate.jobs.ingest import addresses_of

    app = _application(folder, sizes)
    polled = addresses_of(app.settings)
    with app.database.read() as conn:
        _, took = _timed(lambda: sources.next_poll(conn, polled, _NOW))
    app.close()
    return {"cpu_s": took}


def _warm(folder: Path, sizes: dict[str, int]) -> dict[str, Any]:
    """One published into each column, so that all is there that a running site has."""
    return _publish(folder, sizes, 21)


def _publish(folder: Path, sizes: dict[str, int], count: int = 1) -> dict[str, Any]:
    from syndicate.adapters.store import entries

    app = _application(folder, sizes)
    columns = [column.id for column in app.settings.columns]
    first = sizes["entries"] + (0 if count > 1 else len(columns))
    made = [_entry(n, sizes["entries"], columns) for n in range(first, first + count)]
    with app.database.begin() as conn:
        entries.save(conn, [(entry, entry.columns) for entry in made])
    _ = app.pages  # the templates, which a daemon has read
    report, took = _timed(app.publish)
    app.close()
    return {"cpu_s": took, "pages_written": report.parts["pages"]["written"]}


def _digest(folder: Path, sizes: dict[str, int]) -> dict[str, Any]:
    from syndicate.adapters.templates import Templates
    from syndicate.jobs import digest

    app = _application(folder, sizes)
    templates = Templates([_TEMPLATES])
    chosen = app.settings.digests[0]
    done, took = _timed(
        lambda: digest.compose_now(
            app.database, app.settings, chosen, templates, _SECRET, _NOW
        )
    )  # fmt: skip
    app.close()
    return {"cpu_s": took, "messages": done.messages}


def _status(folder: Path, sizes: dict[str, int]) -> dict[str, Any]:
    from syndicate import reporting

    app = _application(folder, sizes)
    _, took = _timed(lambda: reporting.status(app))
    app.close()
    return {"cpu_s": took}


def _needs_me(folder: Path, sizes: dict[str, int]) -> dict[str, Any]:
    """What the dashboard's first page asks for."""
    from syndicate import reporting
    from syndicate.adapters.store import overview

    app = _application(folder, sizes)

    def asked() -> None:
        reporting.review(app)
        reporting.source_health(app)
        reporting.digests(app)
        reporting.status(app)
        with app.database.read() as conn:
            overview.entries_by_day(conn, _NOW, 14, timedelta(hours=8))

    _, took = _timed(asked)
    app.close()
    return {"cpu_s": took}


def _application(folder: Path, sizes: dict[str, int], at: datetime = _NOW) -> Any:
    """As a command makes it, with its database open."""
    from syndicate.wiring import Application

    app = Application(_settings(folder, sizes), at)
    with app.database.read():
        pass
    return app
