"""Which stories entries that arrive are of: who says so, who leads then, what contradicts.

All is asked of the database for a whole document at once, decided in memory one entry after the
other, and handed back; nothing of an entry is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.engine import Connection

from syndicate.adapters.store import entries, fingerprints, stories
from syndicate.core import dedupe, identity, lead, story
from syndicate.core.prepared import Prepared
from syndicate.model import Decision, Entry, Status

_US = "syndicate"
# Texts shorter than this say too little to contradict that two entries are one article
_LITTLE = 80
_ALIKE = 0.5  # of the words or pairs of characters of the shorter one


@dataclass(frozen=True, slots=True)
class _Twin:
    """The entry that one is the same article as, why, and how alike they are."""

    entry: str
    other: str
    reason: str
    score: float


@dataclass
class Joined:
    """Entries as their stories make them: those that arrived, and others that change by it."""

    entries: dict[str, Entry]
    decisions: list[Decision] = field(default_factory=list)
    flags: list[stories.Flag] = field(default_factory=list)
    duplicates: int = 0
    held: list[Entry] = field(default_factory=list)  # what may be what was taken down or refused


def join(
    conn: Connection, made: Mapping[str, Entry], prepared: Mapping[str, Prepared], now: datetime
) -> Joined:
    """Find the story of each entry; index its text for those that come later."""
    done = Joined(dict(made))
    items = [
        fingerprints.Item(id, entry.source, prepared[id].fingerprint)
        for id, entry in made.items()
        if entry.status is not Status.REJECTED
    ]
    matches = fingerprints.take(conn, items, dedupe.closest)
    by_link = _linked(conn, made, prepared, done, now)
    twins = []
    for item, match in zip(items, matches, strict=True):
        if item.entry in by_link:
            twins.append(_Twin(item.entry, by_link[item.entry], "the same address", 1.0))
        elif match is not None:
            twins.append(_Twin(item.entry, match.entry, match.reason, match.score))
    if twins:
        _Stories(conn, done, twins, now).settle(twins)
    return done


def _linked(
    conn: Connection,
    made: Mapping[str, Entry],
    prepared: Mapping[str, Prepared],
    done: Joined,
    now: datetime,
) -> dict[str, str]:
    """Entries of other sources under the same canonical URL or id, whose texts agree."""
    keys = {
        id: identity.story_keys(entry.url, entry.attribution.original_url, prepared[id].parsed.id)
        for id, entry in made.items()
    }
    known = entries.linked(conn, [key for each in keys.values() for key in each])
    if not known:
        return {}
    candidates = {
        id: dict.fromkeys(o for key in own for o in known.get(key, ()) if o != id)
        for id, own in keys.items()
    }
    others = entries.get_many(conn, [o for ids in candidates.values() for o in ids])
    found = {}
    for id, ids in candidates.items():
        for other in (others[o] for o in ids if o in others):
            if other.source == made[id].source or other.status is Status.REJECTED:
                continue
            if _agree(made[id], prepared[id], other):
                found[id] = other.id
                break
            reason = f"it has the address of {other.id}, but another text"
            done.flags.append(stories.Flag(id, "collision", now, reason))
    return found


def _agree(entry: Entry, prepared: Prepared, other: Entry) -> bool:
    """Whether nothing speaks against one address being one article.

    An entry may not hide another source's by taking its address or id: where both have a
    text, the texts have to be alike; of short ones, the texts or the titles.
    """
    texts = story.likeness(entry.content_text, other.content_text)
    numbered = story.numbers(entry.title) != story.numbers(other.title)
    titles = 0.0 if numbered else story.likeness(entry.title, other.title)
    if min(len(entry.content_text), len(other.content_text)) < _LITTLE:
        return max(texts, titles) >= _ALIKE
    if texts >= _ALIKE and titles >= _ALIKE:
        return True
    from syndicate.core.fingerprint import fingerprint  # heavy, and seldom asked

    theirs = fingerprint(other.title, other.content_text)
    return dedupe.judge(prepared.fingerprint, theirs).same


class _Stories:
    """The stories that a document's entries may be of, as they are while it is taken in."""

    def __init__(
        self, conn: Connection, done: Joined, twins: Iterable[_Twin], now: datetime
    ) -> None:
        self._done, self._now = done, now
        arriving = done.entries
        others = entries.get_many(conn, {t.other for t in twins} - set(arriving))
        touched = {other.story for other in others.values()}
        touched |= {e.story for e in arriving.values() if e.story != e.id or e.changed}
        found = entries.of_story(conn, touched)
        self._members = {s: [e.id for e in each] for s, each in found.items()}
        self._known = {e.id: e for each in found.values() for e in each} | others | arriving
        for id, entry in arriving.items():
            mine = self._members.setdefault(entry.story, [])
            if id not in mine:
                mine.append(id)
        self._rulings = stories.ruled(conn, [twin.entry for twin in twins])

    def settle(self, twins: Iterable[_Twin]) -> None:
        """Join what is to be joined, one after the other."""
        for twin in twins:
            self._join(twin)

    def _join(self, twin: _Twin) -> None:
        entry, other = self._known[twin.entry], self._known.get(twin.other)
        if other is None or entry.story == other.story:
            return
        ids = self._members[other.story]
        if story.ruled_apart(entry.id, ids, self._rulings):
            return
        if all(self._known[id].status is Status.RETRACTED for id in ids):
            self._hold(twin, entry, other, "was taken down")
            return
        if any(self._refused(id, entry.source) for id in ids):
            self._hold(twin, entry, other, "an editor refused")
            return
        if len(self._members[entry.story]) > 1:
            return  # it has a story already; an update does not tear it apart
        before = [*(self._known[id] for id in ids), entry]
        settled = story.settle(before, other.story)
        self._members[entry.story].remove(entry.id)
        ids.append(entry.id)
        self._take(before, settled)
        self._done.decisions += self._joined(twin, entry, other)
        self._done.decisions += self._led(before, settled)
        self._done.duplicates += 1
        leading = next(e.id for e in settled if e.lead)
        for kind, text in lead.contradictions(settled):
            self._done.flags.append(stories.Flag(leading, kind, self._now, text))

    def _refused(self, id: str, source: str) -> bool:
        """Whether an editor refused this entry when the same source brought it."""
        known = self._known[id]
        return known.status is Status.REJECTED and known.source == source

    def _hold(self, twin: _Twin, entry: Entry, other: Entry, fate: str) -> None:
        """Nearly the text of what is not to be seen: an editor has to see it first."""
        if entry.status is not Status.PUBLISHED and not entry.is_embargoed:
            return
        reason = f"its text is that of {other.id}, which {fate} ({twin.reason})"
        held = replace(entry, status=Status.HELD, held_for=reason)
        self._known[entry.id] = self._done.entries[entry.id] = held
        self._done.held.append(held)
        after = {"taken_down": other.id, "score": round(twin.score, 4)}
        self._done.decisions += [
            Decision(entry.id, self._now, "story", _US, reason, None, after),
            Decision(entry.id, self._now, "status", _US, reason, "published", "held"),
        ]

    def _take(self, before: Iterable[Entry], after: Iterable[Entry]) -> None:
        for old, new in zip(before, after, strict=True):
            if old != new:
                self._known[new.id] = self._done.entries[new.id] = new

    def _joined(self, twin: _Twin, entry: Entry, other: Entry) -> Iterable[Decision]:
        """Said of both, so that either tells which one it was compared with."""
        what = f"{twin.reason}, score {twin.score:.2f}"
        after = {"story": other.story, "score": round(twin.score, 4)}
        same = f"the same story as {other.id} ({other.source}): {what}"
        yield Decision(entry.id, self._now, "story", _US, same, None, {**after, "other": other.id})
        came = f"{entry.id} ({entry.source}) joined its story: {what}"
        yield Decision(other.id, self._now, "story", _US, came, None, {**after, "other": entry.id})

    def _led(self, before: Iterable[Entry], after: Sequence[Entry]) -> Iterable[Decision]:
        leading = next((e.id for e in after if e.lead), "another entry")
        for old, new in zip(before, after, strict=True):
            if old.lead != new.lead:
                who = "it leads its story now" if new.lead else f"{leading} leads its story now"
                yield Decision(new.id, self._now, "lead", _US, who, old.lead, new.lead)
