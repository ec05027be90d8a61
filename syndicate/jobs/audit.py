"""The record of decisions: sealed once a day, proved unchanged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from syndicate.adapters.store import audit as store
from syndicate.adapters.store.audit import Seal
from syndicate.adapters.store.engine import Database


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
