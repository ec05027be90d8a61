"""The record of decisions: sealed once a day, proved unchanged, one entry's file for a dispute."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from syndicate.adapters.disk import Disk
from syndicate.adapters.store import audit as store
from syndicate.adapters.store import editions as edition_store
from syndicate.adapters.store import entries, values
from syndicate.adapters.store.audit import Seal
from syndicate.adapters.store.engine import Database
from syndicate.model import Entry
from syndicate.settings import Settings

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: the same file, the same bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the record is as it was sealed: `broken` says where it is not."""

    seals: int
    sealed: int
    unsealed: int
    broken: tuple[str, ...]


def seal(db: Database, now: datetime) -> Seal | None:
    """Seal what is on record, once a day (UTC); None where there is nothing to do."""
    day = now.astimezone(UTC).date().isoformat()
    with db.begin() as conn:
        known = store.all_seals(conn)
        before = known[-1] if known else Seal(0, "", 0, 0, "", now)
        last = store.newest(conn)
        if last <= before.last or (known and day <= before.day):
            return None
        rows, digest = store.chained(conn, before.last, last, before.hash)
        made = Seal(before.number + 1, day, last, rows, digest, now)
        store.add_seal(conn, made)
    return made


def prove(db: Database) -> Proof:
    """Hash the whole record again and compare it with its seals."""
    broken = []
    with db.read() as conn:
        after, digest, sealed = 0, "", 0
        known = store.all_seals(conn)
        for number, each in enumerate(known, 1):
            if each.number != number:
                broken.append(f"a seal is missing before the one of {each.day}")
            rows, found = store.chained(conn, after, each.last, digest)
            if rows != each.rows:
                broken.append(
                    f"the seal of {each.day} is over {each.rows} decisions, {rows} are there"
                )
            elif found != each.hash:
                broken.append(f"a decision before the seal of {each.day} was changed")
            after, digest, sealed = each.last, each.hash, sealed + each.rows
        unsealed = store.count(conn) - sealed
    return Proof(len(known), sealed, max(unsealed, 0), tuple(broken))


def export(db: Database, settings: Settings, entry: Entry) -> bytes:
    """One entry's whole file as a zip: what is stored of it and its story, every decision, its
    published page, the editions that carried it, the seals over the record."""
    with db.read() as conn:
        story = entries.of_story(conn, [entry.story]).get(entry.story, [entry])
        decisions = [
            _decision(number, made) for number, made in store.records(conn, entry.id, None)
        ]
        carried = edition_store.carried_by(conn, entry.id)
        seals = store.all_seals(conn)
    page = Disk(settings.storage.output).read(f"articles/{entry.id}.html")
    files: dict[str, bytes] = {
        "entry.json": _json(_entry(entry)),
        "content.html": entry.content_html.encode(),
        "story.json": _json([_entry(member) for member in story]),
        "decisions.json": _json(decisions),
        "editions.json": _json(carried),
        "seals.json": _json(
            [{"day": s.day, "last": s.last, "rows": s.rows, "hash": s.hash} for s in seals]
        ),
    }
    if page is not None:
        files["published/article.html"] = page
    return _zip(files)


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "source": entry.source,
        "key": entry.key,
        "guid": entry.guid,
        "title": entry.title,
        "url": entry.url,
        "status": entry.status.value,
        "received": entry.received.isoformat(),
        "story": entry.story,
        "lead": entry.lead,
        "columns": list(entry.columns),
        "attribution": values.dump_attribution(entry.attribution),
        "notices": values.dump_notices(entry.notices),
        "content_hash": entry.content_hash,
    }


def _decision(number: int, made: Any) -> dict[str, Any]:
    return {
        "number": number,
        "at": made.at.isoformat(),
        "what": made.what,
        "by": made.by,
        "reason": made.reason,
        "before": made.before,
        "after": made.after,
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


def _zip(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    return made.getvalue()
