"""The record of decisions: sealed once a day, proved unchanged, one entry's file for a dispute."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, replace
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
    """Whether the record is as it was sealed: `broken` says where it is not. `head` is the newest
    seal's hash, "" without one: noted elsewhere, it shows later that no end was taken away."""

    seals: int
    sealed: int
    unsealed: int
    broken: tuple[str, ...]
    head: str = ""


def seal(db: Database, now: datetime) -> Seal | None:
    """Seal what is on record, once a day (UTC); None where there is nothing to do."""
    day = now.astimezone(UTC).date().isoformat()
    with db.read() as conn:
        if _is_done(store.last_seal(conn), store.newest(conn), day):
            return None
    with db.begin() as conn:
        store.hold_still(conn)
        before, last = store.last_seal(conn), store.newest(conn)
        if _is_done(before, last, day):  # another process was faster
            return None
        made = Seal(before.number + 1 if before else 1, day, last, 0, "", now)
        found = store.chained(conn, before, made)
        made = replace(made, rows=found.rows, hash=found.hash)
        store.add_seal(conn, made)
    return made


def _is_done(before: Seal | None, last: int, day: str) -> bool:
    return last == 0 if before is None else last <= before.last or day <= before.day


def prove(db: Database, known: str = "") -> Proof:
    """Hash the whole record again and compare it with its seals.

    `known` is the hash of a seal (or how it begins) that was noted elsewhere: it has to be there.
    """
    broken: list[str] = []
    with db.read() as conn:
        seals, before = store.all_seals(conn), None
        for number, each in enumerate(seals, 1):
            if each.number != number:
                broken.append(f"a seal is missing before the one of {each.day}")
            broken += _differs(store.chained(conn, before, each), each)
            before = each
        sealed = sum(each.rows for each in seals)
        unsealed = store.count(conn) - sealed
    if known and not any(each.hash.startswith(known.lower()) for each in seals):
        broken.append(f"no seal has the hash {known}: the end of the record was taken away")
    head = before.hash if before else ""
    return Proof(len(seals), sealed, max(unsealed, 0), tuple(broken), head)


def _differs(found: store.Chained, each: Seal) -> list[str]:
    if found.rows != each.rows:
        return [f"the seal of {each.day} is over {each.rows} decisions, {found.rows} are there"]
    if each.hash not in (found.hash, found.old):
        return [f"the seal of {each.day}, or a decision before it, was changed"]
    return []


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
