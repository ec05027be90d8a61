"""One publishing under way: what is written is counted, and recorded in steps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from syndicate.adapters.disk import Disk
from syndicate.adapters.store import entries as entry_store
from syndicate.adapters.store import media, placements, published, tallies
from syndicate.adapters.store.published import File, Known
from syndicate.adapters.store.tallies import Change
from syndicate.core.outgoing import Outgoing, outgoing
from syndicate.model import Entry
from syndicate.settings import Settings

FRONT = "front:"  # names of the kept sections of the front page


def digest(data: bytes) -> bytes:
    """As a file is remembered by."""
    return hashlib.blake2b(data, digest_size=16).digest()


def _none_yet() -> dict[str, int]:
    return {"feed": 0, "page": 0, "other": 0}


@dataclass
class Done:
    """What was put in place and is not yet recorded; it travels between processes."""

    files: dict[str, File] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    tallied: list[Change] = field(default_factory=list)
    sections: dict[str, str] = field(default_factory=dict)  # column to its part of the front page
    written: dict[str, int] = field(default_factory=_none_yet)
    changed_feeds: list[str] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)  # main column to its new entries


@dataclass
class Writing:
    """The tree, the settings, and what was done to it so far."""

    conn: Connection
    disk: Disk
    settings: Settings
    now: datetime
    authority: str  # of the feeds' ids
    rebuild: bool = False
    tags: str = ""  # authority of the entries' ids, where they are ours
    written: dict[str, int] = field(default_factory=_none_yet)
    changed_feeds: list[str] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)  # those of which there are more or fewer
    done: Done = field(default_factory=Done)
    read: dict[str, Outgoing] = field(default_factory=dict)  # for as long as it is the same

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
        self.done.files[path] = File(path, digest(data), kind, entries)
        if changed:
            self.done.written[kind] += 1
            if kind == "feed" and "archive/" not in path:
                self.done.changed_feeds.append(self.settings.site.url + path)
        return changed

    def drop(self, path: str) -> None:
        """Take a file away."""
        self.disk.remove(path)
        self.done.files.pop(path, None)
        self.done.removed.append(path)

    def take(self) -> Done:
        """What was done since the last time; it is somebody else's to record now."""
        taken, self.done = self.done, Done()
        self.read.clear()
        return taken

    def record(self, done: Done | None = None) -> None:
        """Write down what is in place: what was done here, or by another process."""
        done = self.take() if done is None else done
        conn = self.conn
        if not self.rebuild:  # which counts them all at its end
            published.count(conn, list(done.files.values()), done.removed)
            tallies.add(conn, done.tallied)
            self.sources |= {change.source for change in done.tallied}
        published.forget_files(conn, done.removed)
        published.save_files(conn, list(done.files.values()))
        published.forget_entries(conn, done.gone)
        published.save_entries(conn, done.known)
        for column, html in done.sections.items():
            published.set_value(conn, FRONT + column, html)
        for kind, count in done.written.items():
            self.written[kind] += count
        for column, count in done.columns.items():
            self.columns[column] = self.columns.get(column, 0) + count
        self.changed_feeds += done.changed_feeds

    def outgoing(self, found: Iterable[Entry]) -> list[Outgoing]:
        """Entries as they go out, with the other published members of their stories."""
        listed = list(found)
        members = placements.members(self.conn, {e.story for e in listed if e.story})
        own = {entry.id: entry for entry in listed}
        copies = self._copies(own.values())
        others = {id for ids in members.values() if len(ids) > 1 for id in ids} - own.keys()
        known = own | (entry_store.get_many(self.conn, sorted(others)) if others else {})
        made = []
        for entry in listed:
            story = [known[id] for id in members.get(entry.story, ()) if id in known]
            shown = [e for e in story if e.is_out(self.now)]
            made.append(outgoing(entry, self.settings, shown, self.tags, copies.get(entry.id)))
        return made

    def _copies(self, found: Iterable[Entry]) -> dict[str, dict[str, str]]:
        """The copies of pictures of those entries whose source's are copied."""
        copying = {s.id for s in self.settings.sources if s.pictures == "copy"}
        wanted = [entry.id for entry in found if entry.source in copying] if copying else []
        return media.files_of(self.conn, wanted) if wanted else {}

    def get(self, ids: Iterable[str]) -> dict[str, Outgoing]:
        """The published ones of these entries, as they go out, in the order asked for."""
        listed = list(ids)
        found = entry_store.get_many(self.conn, [id for id in listed if id not in self.read])
        shown = [entry for entry in found.values() if entry.is_out(self.now)]
        self.read.update({out.entry.id: out for out in self.outgoing(shown)})
        return {id: self.read[id] for id in listed if id in self.read}
