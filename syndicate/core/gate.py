"""Whether an entry may go out in its columns: by its origin, and by who answers for the column.

An entry has one page and is one item wherever it stands, so that the strictest of its columns
(and of their parents, in whose feeds it is too) decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from syndicate.core import sections, timing
from syndicate.core.origins import Register, Verdict
from syndicate.model import Decision, Entry, Status
from syndicate.settings import Column, Settings, Source

ORIGIN = "origin: "  # how `held_for` begins where the list kept an entry back
EDITOR = "editor of record: "
_ACTIONS = ("publish", "link", "hold")  # the strictest last


@dataclass(frozen=True, slots=True)
class Gated:
    """What is to become of an entry: `action` of publish, link, hold; why; what the list says."""

    action: str
    reason: str
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Gate:
    """The columns' conditions and the list of origins."""

    columns: tuple[Column, ...]
    register: Register
    zone: ZoneInfo

    @cached_property
    def asks_origins(self) -> bool:
        """Whether any column asks where an entry is from."""
        return any(
            action not in ("", "publish") for column in self.columns for action in _asked(column)
        )

    @cached_property
    def asks(self) -> bool:
        """Whether any column asks anything."""
        return self.asks_origins or any(column.require_editor for column in self.columns)

    def judge(self, entry: Entry, source: Source | None) -> Gated:
        """What is to become of an entry that nothing else keeps back."""
        if not self.asks:
            return Gated("publish", "")
        own = source is not None and source.own
        stands = sections.places(self.columns, entry.columns or (entry.column,))
        named = editor_of_record(self.columns, entry.column)
        here = [column for column in self.columns if column.id in stands]
        nameless = [c.id for c in here if c.require_editor and c.id == entry.column]
        if nameless and not named and not (own and entry.attribution.editor):
            return Gated("hold", f"{EDITOR}column {nameless[0]!r} requires one and names none")
        if own or not any(action not in ("", "publish") for c in here for action in _asked(c)):
            return Gated("publish", "")
        received = entry.received.astimezone(self.zone).date()
        verdict = self.register.judge(entry.attribution, entry.url, received)
        actions = [(_action(column, verdict.state), column.id) for column in here]
        action, column = max(actions, key=lambda pair: _ACTIONS.index(pair[0]))
        where = "" if action == "publish" else f" ({column}: {action})"
        return Gated(action, f"{ORIGIN}{verdict.reason}{where}", verdict)


def _asked(column: Column) -> tuple[str, str, str]:
    return column.origins, column.origins_expired, column.origins_asserted


def _action(column: Column, state: str) -> str:
    stated = {
        "listed": "publish",
        "expired": column.origins_expired,
        "asserted": column.origins_asserted,
    }.get(state, "")
    return stated or column.origins


def editor_of_record(columns: Sequence[Column], id: str) -> str:
    """Who answers for a column: the editor that it names, else its parent; "" for nobody."""
    return next((c.editor for c in reversed(sections.lineage(columns, id)) if c.editor), "")


def is_held(entry: Entry) -> bool:
    """Whether a gate, and nothing else, keeps an entry back."""
    return entry.status is Status.HELD and entry.held_for.startswith((ORIGIN, EDITOR))


def is_open(entry: Entry) -> bool:
    """Whether nothing but a gate or time has a say in whether it goes out."""
    return entry.status is Status.PUBLISHED or entry.is_embargoed or is_held(entry)


def asks_again(before: Entry, after: Entry) -> bool:
    """Whether a changed entry is to be judged anew: where it is from or stands has changed, or
    it is kept back, or was. An editor's approval holds for what the editor saw."""
    return is_held(after) or before.status is not after.status or _seen(before) != _seen(after)


def _seen(entry: Entry) -> tuple[object, ...]:
    said = entry.attribution
    source = said.source
    place = (entry.column, entry.columns)
    return (source.name, source.url, source.feed, said.original_url, entry.url, place)


def passed(
    entry: Entry, gated: Gated, now: datetime, by: str = "syndicate"
) -> tuple[Entry, list[Decision]]:
    """The entry as the gate lets it through, and the decision where that is one."""
    if gated.action == "hold":
        after = replace(entry, status=Status.HELD, held_for=gated.reason, link_only=False)
    else:
        is_link = gated.action == "link"
        after = entry if entry.link_only == is_link else replace(entry, link_only=is_link)
        if is_held(entry):
            after = replace(after, status=Status.PUBLISHED, held_for="")
    if gated.reason or after != entry:
        what = "editor" if gated.reason.startswith(EDITOR) else "origin"
        reason = gated.reason.removeprefix(ORIGIN).removeprefix(EDITOR)
        reason = reason or "its columns ask for nothing"
        return after, [Decision(after.id, now, what, by, reason, after=gated.action)]
    return after, []


def through(
    gate: Gate, entry: Entry, source: Source, known: Entry | None, now: datetime
) -> tuple[Entry, list[Decision], list[tuple[str, str]]]:
    """An entry that is filed, past the gate and at its time; what was decided, what to flag.

    `known` is the entry as it was stored before; None for a new one.
    """
    after, made, flags = entry, list[Decision](), list[tuple[str, str]]()
    if is_open(entry) and (known is None or asks_again(known, entry)):
        gated = gate.judge(entry, source)
        after, made = passed(entry, gated, now)
        if gated.action == "link" and gated.verdict and gated.verdict.near:
            flags.append(("near miss", gated.reason.removeprefix(ORIGIN)))
    after = timing.timed(after, now, gate.zone)
    if (after.status, after.held_for) != (entry.status, entry.held_for):
        before = None if known is None else entry.status.value
        reason = after.held_for or "nothing keeps it back any more"
        made.append(
            Decision(after.id, now, "status", "syndicate", reason, before, after.status.value)
        )
    return after, made, flags


def of(settings: Settings, register: Register) -> Gate:
    """The gate of a site."""
    return Gate(settings.columns, register, ZoneInfo(settings.site.timezone))
