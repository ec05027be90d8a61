"""One source's document into the database: what is new, what changed, whose story, which column.

Everything of one document is one transaction, so that a crash leaves it wholly in or wholly out.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.engine import Connection

from syndicate.adapters.store import entries, fingerprints, published, received, stories
from syndicate.core import gate, identity, sections
from syndicate.core.document import Document
from syndicate.core.gate import Gate
from syndicate.core.identity import Known
from syndicate.core.prepared import Admitted, Prepared
from syndicate.jobs.ingest import joining
from syndicate.jobs.ingest.counts import Counts, File
from syndicate.model import Decision, Entry, FeedFacts, Filed, Status
from syndicate.settings import Settings, Source

_US = "syndicate"
_OK = 200


@dataclass
class Intake:
    """Takes documents in, within the caller's transaction."""

    conn: Connection
    settings: Settings
    file: File
    secret: bytes
    now: datetime
    counts: Counts
    gate: Gate
    tags: str = ""  # authority of ids of our own, once one was needed
    _spared: bool | None = None  # whether nothing was ever taken down, once it was asked

    def take(self, source: Source, document: Document) -> None:
        """All entries of one document of one source."""
        self.counts.received += len(document.entries) + document.known
        self.counts.unchanged += document.known
        if not document.entries:
            return
        recalled = self._recall(source, document.entries)
        claimed = {
            recalled[p.marks.id]
            for p in document.entries
            if p.marks.id is not None and p.marks.id in recalled
        }
        fresh: dict[str, Prepared] = {}
        changed: list[tuple[Entry, Prepared]] = []
        found = self._known_entries(document.entries, recalled, claimed)
        taken = self._taken(source, [p for p, known in found if known is None])
        same: list[tuple[str, Prepared]] = []
        for prepared, known in found:
            self._sort(source, prepared, known, taken, fresh, changed, same)
        self._remember(source, [], same)
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
        if known.by != "link" or identity.unchanged_but_for_id(entry, title, text):
            return entry
        # A link that many entries of the source have makes none of them known
        if known.doubtful or entries.is_link_shared(self.conn, entry):
            return None
        return entry

    def _taken(self, source: Source, items: Sequence[Prepared]) -> Container[str]:
        """The ids that new items would have and that exist already."""
        return entries.existing(self.conn, [_own_id(source, p) for p in items])

    def _sort(
        self,
        source: Source,
        prepared: Prepared,
        known: Entry | str | None,
        taken: Container[str],
        fresh: dict[str, Prepared],
        changed: list[tuple[Entry, Prepared]],
        same: list[tuple[str, Prepared]],
    ) -> None:
        if isinstance(known, Entry):
            if known.content_hash == prepared.content_hash or known.status is Status.RETRACTED:
                same.append((known.id, prepared))
            else:
                changed.append((known, prepared))
            return
        if isinstance(known, str):
            same.append((known, prepared))  # pruned, but remembered
            return
        id = _own_id(source, prepared)
        if id in fresh or id in taken:
            # Several items under one id or link: told apart by their text
            id = identity.entry_id(source.id, "text:" + prepared.marks.text.hex())
        if id in fresh:
            self.counts.unchanged += 1
        else:
            fresh[id] = prepared

    # --- changed entries --------------------------------------------------------------------

    def _update(
        self, source: Source, feed: FeedFacts, changed: Sequence[tuple[Entry, Prepared]]
    ) -> None:
        if not changed:
            return
        from syndicate.core import admit, attribution  # heavy; most polls bring drafts alone

        moved = stories.filed(self.conn, [known.id for known, _ in changed])
        for known, prepared in changed:
            self.counts.updated += 1
            if source.fulltext:
                from syndicate.core import fulltext

                prepared = fulltext.keeping(prepared, known.content_html, known.content_text)
            said = attribution.effective(prepared.parsed, source, feed, self.settings.site)
            done = admit.updated(known, prepared, said, source, self.now)
            entry, filed = admit.filed(
                done.entry, self._filed(done.entry, source, moved, prepared), self.now
            )
            entry, passed, raised = gate.through(self.gate, entry, source, known, self.now)
            self.counts.held += known.status is Status.PUBLISHED and entry.status is Status.HELD
            fingerprints.remove(self.conn, [entry.id])
            self._flag(entry, (*done.flags, *raised))
            made = [*done.decisions, *filed, *passed]
            self._settle(source, {entry.id: entry}, {entry.id: prepared}, made)

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
        if source.trusted:
            fresh = self._without_others(source, feed, fresh)
        taken = entries.guids_taken(self.conn, [p.parsed.id for p in fresh.values() if p.parsed.id])
        moved = stories.filed(self.conn, list(fresh))
        made: dict[str, Entry] = {}
        decisions: list[Decision] = []
        for id, prepared in fresh.items():
            admitted = self._drafted(id, prepared, taken, moved)
            if admitted is None:
                admitted = self._admit(source, feed, id, prepared, taken, moved)
            elif prepared.parsed.id:
                taken[prepared.parsed.id] = (source.id, id)
            entry, passed, raised = gate.through(self.gate, admitted.entry, source, None, self.now)
            self._flag(entry, raised)
            made[id] = entry
            decisions += [*admitted.decisions, *passed]
            self.counts.new += 1
            self.counts.arrivals += 1
            self.counts.held += entry.status is Status.HELD
            self.counts.columns[entry.column] += entry.status is Status.PUBLISHED
        self._settle(source, made, fresh, decisions, new=True)

    def _without_others(
        self, source: Source, feed: FeedFacts, fresh: dict[str, Prepared]
    ) -> dict[str, Prepared]:
        """A trusted source may update entries that were first seen in another, by their id.

        What it brings of such an entry is an update of it, and nothing new.
        """
        ids = [p.parsed.id for p in fresh.values() if p.parsed.id]
        taken = entries.guids_taken(self.conn, ids)
        known = entries.get_many(self.conn, [entry for _, entry in taken.values()])
        kept, changed = {}, []
        for id, prepared in fresh.items():
            holder = taken.get(prepared.parsed.id or "")
            entry = known.get(holder[1]) if holder and holder[0] != source.id else None
            if entry is None or entry.status is Status.RETRACTED:
                kept[id] = prepared
            elif entry.content_hash == prepared.content_hash:
                self.counts.unchanged += 1
            else:
                changed.append((entry, prepared))
        self._update(source, feed, changed)
        return kept

    def _settle(
        self,
        source: Source,
        made: dict[str, Entry],
        prepared: dict[str, Prepared],
        decisions: Sequence[Decision],
        *,
        new: bool = False,
    ) -> None:
        """Store entries in their stories, with what was decided, and how they are known."""
        joined = joining.join(self.conn, made, prepared, self.now)
        self.counts.duplicates += joined.duplicates if new else 0
        held = [e for e in joined.held if made[e.id].status is Status.PUBLISHED]
        self.counts.held += len(held)
        self.counts.columns.subtract(entry.column for entry in held if new)
        columns = self.settings.columns
        changed = [(e, sections.places(columns, e.columns)) for e in joined.entries.values()]
        entries.save(self.conn, changed, new=made if new else ())
        entries.decide(self.conn, [*decisions, *joined.decisions])
        stories.flag(self.conn, joined.flags)
        received.save(self.conn, [(id, prepared[id].received) for id in made], self.now)
        self._compared({id: prepared[id] for id in made if prepared[id].compared is not None})
        self._remember(source, list(made.values()), [(id, prepared[id]) for id in made])

    def _drafted(
        self,
        id: str,
        prepared: Prepared,
        taken: dict[str, tuple[str, str]],
        moved: dict[str, str],
    ) -> Admitted | None:
        """The draft of an entry, where nothing in the database speaks against it."""
        draft = prepared.draft
        if draft is None or draft.entry.id != id or id in moved or prepared.parsed.id in taken:
            return None
        if not draft.entry.guid:
            return replace(draft, entry=replace(draft.entry, guid=self._tag(id)))
        return draft

    def _compared(self, seen: dict[str, Prepared]) -> None:
        """Entries that stood beside their originals: what differs is flagged, nothing is held."""
        if not seen:
            return
        from syndicate.core import compare

        for id, each in seen.items():
            assert each.compared is not None
            page = each.received[-1]
            beside = received.Comparison(
                id, self.now, page.body.url, _OK, page.sha256, compare.to_json(each.compared)
            )
            received.add_comparison(self.conn, beside)
            flags = [
                stories.Flag(id, kind, self.now, reason)
                for kind, reason in compare.flags(each.compared)
            ]
            stories.replace_flags(self.conn, id, compare.FLAG, flags, self.now)
            reason = f"{compare.told(each.compared)} ({page.body.url})"
            entries.decide(self.conn, [Decision(id, self.now, "original", _US, reason)])

    def _admit(
        self,
        source: Source,
        feed: FeedFacts,
        id: str,
        prepared: Prepared,
        taken: dict[str, tuple[str, str]],
        moved: dict[str, str],
    ) -> Admitted:
        from syndicate.core import admit, attribution  # heavy; most polls bring drafts alone

        upstream = prepared.parsed.id
        holder = taken.get(upstream) if upstream else None
        guid = upstream if upstream and holder is None else self._tag(id)
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
        if holder is not None:
            admitted = self._collision(admitted, upstream or "", holder)
        where = self._filed(admitted.entry, source, moved, prepared)
        entry, filed = admit.filed(admitted.entry, where, self.now)
        return Admitted(entry, (*admitted.decisions, *filed))

    def _tag(self, id: str) -> str:
        """An id of our own for an entry that has none, or whose id another has."""
        if not self.tags:
            first = identity.authority(self.settings.site.url)
            feeds, self.tags = published.authorities(self.conn, first, identity.NO_AUTHORITY)
            published.keep_authorities(self.conn, feeds, self.tags)
        return identity.tag(id, self.tags)

    def _collision(self, admitted: Admitted, upstream: str, holder: tuple[str, str]) -> Admitted:
        source, other = holder
        first = (
            "another entry of its source"
            if source == admitted.entry.source
            else f"source {source!r}"
        )
        reason = f"its id {upstream!r} was published by {first} before; it has one of its own"
        entry = admitted.entry
        self.counts.problems.append((entry.source, f"{entry.title}: {reason}"))
        self._flag(entry, [("collision", f"{reason} (see {other})")])
        made = Decision(entry.id, self.now, "identity", _US, reason, upstream, entry.guid)
        return Admitted(entry, (*admitted.decisions, made))

    def _without_retracted(self, source: Source, fresh: dict[str, Prepared]) -> dict[str, Prepared]:
        """What was taken down does not come back under another id, link or title."""
        if self._spared is None:
            self._spared = not stories.any_retracted(self.conn)
        if self._spared:
            return fresh
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

    def _remember(
        self, source: Source, made: Sequence[Entry], known: Sequence[tuple[str, Prepared]]
    ) -> None:
        """By what items are known from now on; of entries, by which addresses too."""
        marks = [(source.id, m, id) for id, p in known for m in p.marks.all()]
        entries.remember(self.conn, marks)
        self.counts.unchanged += 0 if made else len(known)
        links = [
            (key, entry.id)
            for entry, (_, p) in zip(made, known, strict=False)
            for key in identity.story_keys(entry.url, entry.attribution.original_url, p.parsed.id)
        ]
        entries.link(self.conn, links)


def _own_id(source: Source, prepared: Prepared) -> str:
    if prepared.draft is not None:
        return prepared.draft.entry.id
    return identity.entry_id(source.id, identity.key(prepared.parsed, prepared.marks))
