"""verify: read the whole published tree back, and compare it with the record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from lxml import etree
from sqlalchemy.engine import Connection

from syndicate.adapters.disk import Disk
from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store import placements, published
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.published import GONE, File, Known
from syndicate.core import verify as core
from syndicate.core.verify import Difference
from syndicate.model import Status
from syndicate.settings import Settings

_CHUNK = 500
KIND_OF_EDITIONS = "edition"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it was recorded, in one file."""

    file: str
    entry: str
    field: str
    stored: Any
    found: Any


@dataclass(frozen=True, slots=True)
class Verified:
    """`checked` files were read; `stale` entries changed and are not yet published."""

    checked: int
    stale: int
    problems: tuple[Problem, ...]

    def to_json(self) -> dict[str, Any]:
        """What `verify --json` prints (contract §3)."""
        return {
            "checked": self.checked,
            "stale": self.stale,
            "problems": [asdict(problem) for problem in self.problems],
        }


def verify(database: Database, settings: Settings) -> Verified:
    """Everything published, re-read. What changed since and is not yet published is stale."""
    disk = Disk(settings.storage.output)
    with database.read() as conn:
        return _Check(conn, disk).run()


class _Check:
    def __init__(self, conn: Connection, disk: Disk) -> None:
        self.conn, self.disk = conn, disk
        self.stale = placements.touched_entries(conn)
        self.checked = 0
        self.problems: list[Problem] = []
        self.hidden = {
            id
            for status in (Status.HELD, Status.REJECTED, Status.RETRACTED, Status.EXPIRED)
            for id in placements.ids_with(conn, status.value)
        } - self.stale

    def run(self) -> Verified:
        for file in published.files(self.conn):
            if file.kind == "page" and file.path.startswith("articles/"):
                continue
            self.problems += self._file(file)
        self._articles()
        self._strangers()
        return Verified(self.checked, len(self.stale), tuple(self.problems))

    def _file(self, file: File) -> list[Problem]:
        data = self.disk.read(file.path)
        self.checked += 1
        if data is None:
            return [Problem(file.path, "", "presence", "a file", None)]
        found = list(self._feed(file, data)) if file.kind == "feed" else []
        if file.kind == "page":
            found = [Difference(id, "absence", None, id) for id in core.mentions(data, self.hidden)]
        if file.kind == KIND_OF_EDITIONS:
            found = list(self._edition(file, data))
        return self._told(file, data, found)

    def _edition(self, file: File, data: bytes) -> Iterator[Difference]:
        said = published.said(self.conn, file.path)
        if said is not None:
            yield from core.edition(data, said, self.hidden)
        else:  # their index and feed
            for id in core.mentions(data, self.hidden):
                yield Difference(id, "absence", None, id)

    def _told(self, file: File, data: bytes, found: list[Difference]) -> list[Problem]:
        if not found and not _same(data, file.digest):
            # Nothing that the record knows of differs, but something does
            found = [Difference("", "file", file.digest.hex(), _digest(data).hex())]
        fresh = [d for d in found if d.entry not in self.stale]
        return [Problem(file.path, d.entry, d.field, d.stored, d.found) for d in fresh]

    def _feed(self, file: File, data: bytes) -> Iterator[Difference]:
        read, expected, key = core.READERS[core.format_of(file.path)]
        ids = [id for id, _ in file.entries or ()]
        records = {
            k.entry: expected(k.record)
            for k in published.known(self.conn, ids).values()
            if k.record is not None
        }
        try:
            found = read(data)
        except (etree.XMLSyntaxError, ValueError, KeyError, TypeError, AttributeError) as error:
            yield Difference("", "format", "well-formed", str(error))
            return
        yield from core.compare(found, records, key)
        for id in ids:
            if id in self.hidden or id not in records:
                yield Difference(id, "absence", None, "in the feed")

    def _articles(self) -> None:
        known = published.all_known(self.conn)
        while chunk := list(islice(known, _CHUNK)):
            paths = {k.entry: f"articles/{k.entry}.html" for k in chunk}
            files = published.files_at(self.conn, list(paths.values()))
            for each in chunk:
                if each.entry not in self.stale:
                    self._article(each, paths[each.entry], files.get(paths[each.entry]))

    def _article(self, known: Known, path: str, file: File | None) -> None:
        self.checked += 1
        data = self.disk.read(path)
        if data is None or file is None:
            self.problems.append(Problem(path, known.entry, "presence", "a page", None))
            return
        if known.state in GONE:
            found = [] if _same(data, file.digest) else list(self._down(known, data))
        elif known.entry in self.hidden:
            found = [Difference(known.entry, "absence", None, "a page")]
        else:
            found = list(core.page(data, known.entry, known.record or {}))
        self.problems += self._told(file, data, found)

    def _down(self, known: Known, data: bytes) -> Iterator[Difference]:
        entry = entry_store.get(self.conn, known.entry)
        if entry is None:
            return
        shown = core.shows(data, entry.title, entry.content_text)
        if shown is not None:
            yield Difference(known.entry, "absence", None, shown)

    def _strangers(self) -> None:
        """Files that nobody recorded: put there by hand, or left by a run that was cut short."""
        paths = self.disk.files()
        while chunk := list(islice(paths, _CHUNK)):
            files = published.files_at(self.conn, chunk)
            for path in chunk:
                id = path.removeprefix("articles/").removesuffix(".html")
                if path not in files and id not in self.stale and path not in _OURS:
                    self.problems.append(Problem(path, _entry(path), "absence", None, "a file"))


_OURS = frozenset({"README.md", ".gitignore"})


def _entry(path: str) -> str:
    folder, _, name = path.partition("/")
    return name.removesuffix(".html") if folder == "articles" else ""


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _same(data: bytes, digest: bytes) -> bool:
    return _digest(data) == digest
