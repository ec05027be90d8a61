"""One publishing under way: what is written is counted and recorded as it is put in place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from syndicate.adapters.disk import Disk
from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store import published
from syndicate.adapters.store.published import File
from syndicate.core.outgoing import Outgoing, outgoing
from syndicate.model import Entry, Status
from syndicate.settings import Settings


def digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


@dataclass
class Writing:
    """The tree, the settings, and what was done to it so far."""

    conn: Connection
    disk: Disk
    settings: Settings
    now: datetime
    authority: str
    rebuild: bool = False
    written: dict[str, int] = field(default_factory=lambda: {"feed": 0, "page": 0, "other": 0})
    changed_feeds: list[str] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)  # not yet recorded
    removed: list[str] = field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.site.timezone)

    def put(
        self,
        path: str,
        data: bytes,
        kind: str,
        entries: tuple[tuple[str, datetime], ...] | None = None,
    ) -> bool:
        """Put a file in place; whether it changed."""
        changed = self.disk.write(path, data)
        self.files[path] = File(path, digest(data), kind, entries)
        if changed:
            self.written[kind] += 1
            if kind == "feed" and "archive/" not in path:
                self.changed_feeds.append(self.settings.site.url + path)
        return changed

    def drop(self, path: str) -> None:
        """Take a file away."""
        self.disk.remove(path)
        self.files.pop(path, None)
        self.removed.append(path)

    def record(self, conn: Connection) -> None:
        """Write down what is in place."""
        published.forget_files(conn, self.removed)
        published.save_files(conn, list(self.files.values()))
        self.files, self.removed = {}, []

    def outgoing(self, found: Iterable[Entry]) -> list[Outgoing]:
        """Entries as they go out, with the other published members of their stories."""
        listed = list(found)
        members = entry_store.members(self.conn, {e.story for e in listed if e.story})
        own = {entry.id: entry for entry in listed}
        others = {id for ids in members.values() if len(ids) > 1 for id in ids} - own.keys()
        known = own | (entry_store.get_many(self.conn, sorted(others)) if others else {})
        made = []
        for entry in listed:
            story = [known[id] for id in members.get(entry.story, ()) if id in known]
            shown = [e for e in story if e.status is Status.PUBLISHED]
            made.append(outgoing(entry, self.settings, shown))
        return made
