"""One source's document into the database: what is new, what changed, whose story, which column.

Everything of one document is one transaction, so that a crash leaves it wholly in or wholly out.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from sqlalchemy.engine import Connection

from syndicate.adapters.store import entries, fingerprints, stories
from syndicate.core import admit, attribution, dedupe, fulltext, identity, lead, sections, story
from syndicate.core.admit import Admitted
from syndicate.core.attribution import FeedFacts
from syndicate.core.document import Document
from syndicate.core.identity import Known
from syndicate.core.normalize import Prepared
from syndicate.model import Decision, Entry, Filed, Status
from syndicate.settings import Settings, Source

File = Callable[[Entry, Source, str | None, str | None], Filed]  # moved to, stated column
_US = "syndicate"
# Texts shorter than this say too little to contradict that two entries are one article
_LITTLE = 80


@dataclass
class Counts:
    """What came of the entries of a run."""

    received: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    held: int = 0
    columns: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)
    arrivals: int = 0

    def add(self, more: Counts) -> None:
        """Count what came of another document too."""
        for each in fields(self):
            total = operator.iadd(getattr(self, each.name), getattr(more, each.name))
            setattr(self, each.name, total)


@dataclass
class Intake:
    """Takes documents in, within the caller's transaction."""

    conn: Connection
    settings: Settings
    file: File
    secret: bytes
    now: datetime
    counts: Counts

    def take(self, source: Source, document: Document) -> None:
        """All entries of one document of one source."""
        self.counts.received += len(document.entries) + document.known
        self.counts.unchanged += document.known
        recalled = self._recall(source, document.entries)
        claimed = {
            recalled[p.marks.id]
            for p in document.entries
            if p.marks.id is not None and p.marks.id in recalled
        }
        fresh: dict[str, Prepared] = {}
        changed: list[tuple[Entry, Prepared]] = []
        found = self._known_entries(document.entries, recalled, claimed)
        for prepared, known in found:
            self._sort(source, prepared, known, fresh, changed)
        self._update(source, document.feed, changed)
        self._add(source, document.feed, fresh)

    def _recall(self, source: Source, items: Sequence[Prepared]) -> dict[bytes, str]:
        marks = [mark for prepared in items for mark in prepared.marks.all()]
        return entries.recall(self.conn, source.id, marks)

    def _known_entries(
        self, items: Sequence[Prepared], recalled: dict[bytes, str], claimed: set[str]
    ) -> list[tuple[Prepared, Entry | str | None]]:
        """Each item with its known entry; its id alone where the entry is pruned, None if new."""
        met: list[tuple[Prepared, Known | None]] = []
        for prepared in items:
            known = identity.recognise(prepared.marks, recalled, claimed)
            if known is not None:
                claimed.add(known.entry)
            met.append((prepared, known))
        stored = entries.get_many(self.conn, [k.entry for _, k in met if k is not None])
        return [(p, self._certain(p, k, stored)) for p, k in met]

    def _certain(
        self, prepared: Prepared, known: Known | None, stored: dict[str, Entry]
    ) -> Entry | str | None:
        if known is None:
            return None
        entry = stored.get(known.entry)
        if entry is None:
            return known.entry
        title, text = prepared.parsed.title, prepared.content_text
        if known.doubtful and not identity.unchanged_but_for_id(entry, title, text):
            return None
        return entry

    def _sort(
        self,
        source: Source,
        prepared: Prepared,
        known: Entry | str | None,
        fresh: dict[str, Prepared],
        changed: list[tuple[Entry, Prepared]],
    ) -> None:
        if isinstance(known, Entry):
            if known.content_hash == prepared.content_hash or known.status is Status.RETRACTED:
                self._unchanged(source, known.id, prepared)
            else:
                changed.append((known, prepared))
            return
        if isinstance(known, str):
            self._unchanged(source, known, prepared)  # pruned, but remembered
            return
        id = identity.entry_id(source.id, identity.key(prepared.parsed, prepared.marks))
        if id in fresh or entries.get(self.conn, id) is not None:
            # Several items under one id or link: told apart by their text
            id = identity.entry_id(source.id, "text:" + prepared.marks.text.hex())
        if id in fresh:
            self.counts.unchanged += 1
        else:
            fresh[id] = prepared

    def _unchanged(self, source: Source, entry: str, prepared: Prepared) -> None:
        self.counts.unchanged += 1
        entries.remember(self.conn, [(source.id, m, entry) for m in prepared.marks.all()])

    # --- changed entries --------------------------------------------------------------------

    def _update(
        self, source: Source, feed: FeedFacts, changed: Sequence[tuple[Entry, Prepared]]
    ) -> None:
        if not changed:
            return
        moved = stories.filed(self.conn, [known.id for known, _ in changed])
        for known, prepared in changed:
            self.counts.updated += 1
            if source.fulltext:
                prepared = fulltext.keeping(prepared, known.content_html, known.content_text)
            said = attribution.effective(prepared.parsed, source, feed, self.settings.site)
            done = admit.updated(known, prepared, said, source, self.now)
            entry, filed = admit.filed(
                done.entry, self._filed(done.entry, source, moved, prepared), self.now
            )
            self._store([entry], [*done.decisions, *filed])
            self._flag(entry, done.flags)
            self._remember(source, entry, prepared)
            fingerprints.remove(self.conn, [entry.id])
            self._join(source, {entry.id: entry}, {entry.id: prepared})

    def _filed(
        self, entry: Entry, source: Source, moved: dict[str, str], prepared: Prepared
    ) -> Filed:
        return self.file(entry, source, moved.get(entry.id), prepared.parsed.column)

    def _flag(self, entry: Entry, raised: Sequence[tuple[str, str]]) -> None:
        flags = [stories.Flag(entry.id, kind, self.now, reason) for kind, reason in raised]
        stories.flag(self.conn, flags)

    # --- new entries ------------------------------------------------------------------------

    def _add(self, source: Source, feed: FeedFacts, fresh: dict[str, Prepared]) -> None:
        if not fresh:
            return
        fresh = self._without_retracted(source, fresh)
        taken = entries.guids_taken(self.conn, [p.parsed.id for p in fresh.values() if p.parsed.id])
        moved = stories.filed(self.conn, list(fresh))
        made: dict[str, Entry] = {}
        decisions: list[Decision] = []
        for id, prepared in fresh.items():
            admitted = self._admit(source, feed, id, prepared, taken)
            entry, filed = admit.filed(
                admitted.entry, self._filed(admitted.entry, source, moved, prepared), self.now
            )
            made[id] = entry
            decisions += [*admitted.decisions, *filed]
            self.counts.new += 1
            self.counts.arrivals += 1
            self.counts.held += entry.status is Status.HELD
            self.counts.columns[entry.column] += entry.status is Status.PUBLISHED
        self._store(list(made.values()), decisions)
        for id, entry in made.items():
            self._remember(source, entry, fresh[id])
        self._join(source, made, fresh, new=True)

    def _admit(
        self,
        source: Source,
        feed: FeedFacts,
        id: str,
        prepared: Prepared,
        taken: dict[str, tuple[str, str]],
    ) -> Admitted:
        upstream = prepared.parsed.id
        holder = taken.get(upstream) if upstream else None
        guid = upstream if upstream and holder is None else identity.tag(id, prepared.parsed.link)
        if upstream:
            taken.setdefault(upstream, (source.id, id))
        admitted = admit.new(
            prepared,
            id=id,
            key=identity.key(prepared.parsed, prepared.marks),
            guid=guid,
            attribution=attribution.effective(prepared.parsed, source, feed, self.settings.site),
            source=source,
            now=self.now,
        )
        return admitted if holder is None else self._collision(admitted, upstream or "", holder)

    def _collision(self, admitted: Admitted, upstream: str, holder: tuple[str, str]) -> Admitted:
        source, other = holder
        first = "another entry of its source" if source == admitted.entry.source else f"source {source!r}"
        reason = f"its id {upstream!r} was published by {first} before; it has one of its own"
        entry = admitted.entry
        self.counts.problems.append((entry.source, f"{entry.title}: {reason}"))
        self._flag(entry, [("collision", f"{reason} (see {other})")])
        made = Decision(entry.id, self.now, "identity", _US, reason, upstream, entry.guid)
        return Admitted(entry, (*admitted.decisions, made))

    def _without_retracted(self, source: Source, fresh: dict[str, Prepared]) -> dict[str, Prepared]:
        """What was taken down does not come back under another id, link or title."""
        keyed: dict[str, list[bytes]] = {}
        for id, p in fresh.items():
            key = identity.key(p.parsed, p.marks)
            arriving = identity.arriving_marks(
                source.id, key, p.parsed.link or "", p.parsed.attribution, p.content_text
            )
            keyed[id] = [identity.keyed(self.secret, mark) for mark in arriving]
        down = stories.is_retracted(self.conn, [m for marks in keyed.values() for m in marks])
        if not down:
            return fresh
        kept = {}
        for id, prepared in fresh.items():
            retracted = next((down[m] for m in keyed[id] if m in down), None)
            if retracted is None:
                kept[id] = prepared
                continue
            self.counts.unchanged += 1
            reason = f"it came again from source {source.id!r} and was kept out"
            entries.decide(self.conn, [Decision(retracted, self.now, "status", _US, reason)])
            entries.remember(self.conn, [(source.id, m, retracted) for m in prepared.marks.all()])
        return kept

    def _remember(self, source: Source, entry: Entry, prepared: Prepared) -> None:
        entries.remember(self.conn, [(source.id, m, entry.id) for m in prepared.marks.all()])
        keys = identity.story_keys(entry.url, entry.attribution.original_url, prepared.parsed.id)
        entries.link(self.conn, [(key, entry.id) for key in keys])

    def _store(self, changed: Sequence[Entry], decisions: Sequence[Decision]) -> None:
        columns = self.settings.columns
        entries.save(self.conn, [(e, sections.places(columns, e.columns)) for e in changed])
        entries.decide(self.conn, decisions)

    # --- stories ----------------------------------------------------------------------------

    def _join(
        self,
        source: Source,
        made: dict[str, Entry],
        prepared: dict[str, Prepared],
        *,
        new: bool = False,
    ) -> None:
        """Find the story that each entry is of; index its text for those that come later."""
        items = [
            fingerprints.Item(id, source.id, prepared[id].fingerprint)
            for id, entry in made.items()
            if entry.status is not Status.REJECTED
        ]
        matches = fingerprints.match(self.conn, items)
        by_text = {item.entry: m for item, m in zip(items, matches, strict=True) if m is not None}
        fingerprints.add(self.conn, items)
        by_link = self._linked(made, prepared)
        for id, entry in made.items():
            if entry.status is Status.REJECTED:
                continue
            link, match = by_link.get(id), by_text.get(id)
            if link is not None:
                self._join_one(entry, link, "the same address", 1.0, new)
            elif match is not None:
                self._join_one(entry, match.entry, match.reason, match.score, new)

    def _linked(self, made: dict[str, Entry], prepared: dict[str, Prepared]) -> dict[str, str]:
        """Entries of other sources under the same canonical URL or id, whose texts agree."""
        keys = {
            id: identity.story_keys(
                entry.url, entry.attribution.original_url, prepared[id].parsed.id
            )
            for id, entry in made.items()
        }
        known = entries.linked(self.conn, [key for each in keys.values() for key in each])
        candidates = {
            id: [o for key in own for o in known.get(key, ()) if o != id]
            for id, own in keys.items()
        }
        others = entries.get_many(self.conn, [o for ids in candidates.values() for o in ids])
        found = {}
        for id, ids in candidates.items():
            for other in (others[o] for o in dict.fromkeys(ids) if o in others):
                if other.source == made[id].source or other.status is Status.REJECTED:
                    continue
                if self._agree(made[id], prepared[id], other):
                    found[id] = other.id
                    break
                reason = f"it has the address of {other.id}, but another text"
                self._flag(made[id], [("collision", reason)])
        return found

    def _agree(self, entry: Entry, prepared: Prepared, other: Entry) -> bool:
        """Whether nothing speaks against one address being one article.

        An entry may not hide another source's by taking its address or id: where both have a
        text, the texts have to be alike.
        """
        if min(len(entry.content_text), len(other.content_text)) < _LITTLE:
            return True
        if entry.title.casefold() == other.title.casefold():
            return True
        theirs = dedupe.fingerprint(other.title, other.content_text)
        return dedupe.judge(prepared.fingerprint, theirs).same

    def _join_one(self, entry: Entry, other_id: str, reason: str, score: float, new: bool) -> None:
        current = entries.get_many(self.conn, [entry.id, other_id])
        entry, other = current[entry.id], current[other_id]
        if entry.story == other.story or other.status is Status.RETRACTED:
            return
        found = entries.of_story(self.conn, [entry.story, other.story])
        if len(found[entry.story]) > 1:
            return  # it has a story already; an update does not tear it apart
        members = found[other.story]
        ids = [member.id for member in members]
        rulings = stories.ruled(self.conn, [entry.id])
        if story.ruled_apart(entry.id, ids, rulings):
            return
        settled = story.settle([*members, entry], other.story)
        before = {e.id: e for e in (*members, entry)}
        changed = [e for e in settled if e != before[e.id]]
        self._store(changed, self._story_decisions(entry, other, reason, score, changed, before))
        self.counts.duplicates += new
        for kind, text in lead.contradictions(settled):
            self._flag(next(e for e in settled if e.lead), [(kind, text)])

    def _story_decisions(
        self,
        entry: Entry,
        other: Entry,
        reason: str,
        score: float,
        changed: Sequence[Entry],
        before: dict[str, Entry],
    ) -> list[Decision]:
        after = {"story": other.story, "other": other.id, "score": round(score, 4)}
        text = f"the same story as {other.id} ({other.source}): {reason}, score {score:.2f}"
        made = [Decision(entry.id, self.now, "story", _US, text, None, after)]
        made += [
            Decision(
                member.id,
                self.now,
                "lead",
                _US,
                _leads(member),
                before[member.id].lead,
                member.lead,
            )
            for member in changed
            if member.lead != before[member.id].lead
        ]
        return made


def _leads(member: Entry) -> str:
    return "it leads its story now" if member.lead else "another entry leads its story now"
