"""What becomes of a prepared entry: a new Entry or a changed one, with every reason written down.

Held, rejected or published; its date believed or not; what of a reprint changed since it was
first seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syndicate.core import disclosures, normalize, terms, timing
from syndicate.core.prepared import Admitted, Prepared
from syndicate.model import Attribution, Decision, Entry, Filed, GivenDate, Label, Status
from syndicate.settings import Source
from syndicate.values import replaced

_US = "syndicate"
# Fields of an attribution that a reprint must not bend, and how history calls them
_WATCHED = ("source", "authors", "original_url", "original_title", "published", "editor")


def dated(
    attribution: Attribution, source: Source, received: datetime
) -> tuple[Attribution, datetime | None, str | None]:
    """The attribution with only dates that can be believed, the instant it was published, and
    the text of a date that was not believed."""
    zone = ZoneInfo(source.timezone)
    odd = [
        date.text
        for date in (attribution.published, attribution.updated)
        if date is not None and not normalize.plausible(date, zone, received)
    ]
    kept = attribution
    if odd:
        kept = replace(
            attribution,
            published=_believed(attribution.published, zone, received),
            updated=_believed(attribution.updated, zone, received),
        )
    instant = kept.published.earliest(zone) if kept.published else None
    return kept, instant, ", ".join(odd) or None


def _believed(date: GivenDate | None, zone: ZoneInfo, received: datetime) -> GivenDate | None:
    return date if normalize.plausible(date, zone, received) else None


def missing(attribution: Attribution, stated: Attribution, source: Source) -> tuple[str, ...]:
    """Which of the fields that a source requires (`sources.require`) an entry does not have."""
    if not source.require:
        return ()
    has = {
        "source": bool(attribution.source.name or attribution.source.url),
        "origin": bool(stated.source.name or stated.source.url),
        "author": bool(attribution.authors),
        "original_url": bool(attribution.original_url),
        "published": bool(attribution.published),
        "rights": bool(attribution.rights),
        "licence": bool(attribution.licence),
        "editor": bool(attribution.editor),
    }
    return tuple(name for name in source.require if not has[name])


def wanted(prepared: Prepared, source: Source) -> str | None:
    """Why a source's `include` and `exclude` words keep an entry out; None where they do not."""
    if not source.exclude and not source.include:
        return None
    text = f"{prepared.parsed.title}\n{prepared.content_text}".casefold()
    for word in source.exclude:
        if word.casefold() in text:
            return f"has the word {word!r} of sources.exclude"
    if source.include and not any(word.casefold() in text for word in source.include):
        return "has none of the words of sources.include"
    return None


def new(
    prepared: Prepared,
    *,
    id: str,
    key: str,
    guid: str,
    attribution: Attribution,
    source: Source,
    now: datetime,
) -> Admitted:
    """A new entry, not yet in a story and column: held or rejected where it has to be."""
    kept, published_at, odd = dated(attribution, source, now)
    status, reason = _standing(prepared, kept, source)
    parsed = prepared.parsed
    begins, ends = timing.stated(parsed, ZoneInfo(source.timezone))
    entry = Entry(
        id=id,
        source=source.id,
        key=key,
        guid=guid,
        title=parsed.title,
        attribution=kept,
        received=now,
        url=parsed.link or kept.original_url or "",
        content_html=prepared.content_html,
        content_text=prepared.content_text,
        summary=prepared.summary,
        language=prepared.language,
        categories=parsed.categories,
        breadcrumb=parsed.breadcrumb,
        notices=parsed.notices,
        enclosures=parsed.enclosures,
        thumbnail=parsed.thumbnail,
        pictures=parsed.pictures,
        terms=parsed.terms,
        published_at=published_at,
        status=status,
        held_for=reason,
        story=id,
        content_hash=prepared.content_hash,
        stale_after=published_at if source.type != "folder" else None,
        labels=parsed.labels,
        not_before=begins,
        expires=ends,
    )
    return Admitted(entry, _first_decisions(entry, prepared, odd, now))


def _standing(prepared: Prepared, attribution: Attribution, source: Source) -> tuple[Status, str]:
    if unwanted := wanted(prepared, source):
        return Status.REJECTED, unwanted
    lacking = missing(attribution, prepared.parsed.attribution, source)
    if lacking:
        return Status.HELD, f"without {', '.join(lacking)}, which source {source.id!r} requires"
    if unread := timing.unreadable(prepared.parsed):
        return Status.HELD, unread
    return Status.PUBLISHED, ""


def _first_decisions(
    entry: Entry, prepared: Prepared, odd: str | None, now: datetime
) -> tuple[Decision, ...]:
    by = f"source {entry.source}"
    known = f"new, known by {entry.key!r}"
    made = [Decision(entry.id, now, "identity", by, known, after=_hashes(prepared))]
    for seen in prepared.parsed.evidence:
        reason = f"{seen.field} from {seen.where}" + (f": {seen.text}" if seen.text else "")
        made.append(Decision(entry.id, now, "inferred", _US, reason))
    made.extend(
        Decision(entry.id, now, "problem", _US, problem) for problem in prepared.parsed.problems
    )
    for field, text in prepared.parsed.raw_dates:
        reason = f"{field} {text!r} could not be read, and counts as unknown"
        made.append(Decision(entry.id, now, "date", _US, reason, before=text))
    if entry.terms:
        made.append(Decision(entry.id, now, "terms", by, f"stated: {terms.words(entry.terms)}"))
    if odd:
        made.append(_odd_date(entry.id, now, odd))
    elif entry.attribution.published:
        stated = entry.attribution.published.text
        made.append(Decision(entry.id, now, "date", by, f"published {stated}, as stated"))
    if entry.status is not Status.PUBLISHED:
        reason = entry.held_for
        made.append(Decision(entry.id, now, "status", _US, reason, after=entry.status.value))
    return tuple(made)


def _hashes(prepared: Prepared) -> dict[str, list[str]] | None:
    """What its bytes were, for the sealed record: it outlives them."""
    found = [piece.sha256.hex() for piece in prepared.received]
    return {"sha256": found} if found else None


def _odd_date(entry: str, now: datetime, odd: str) -> Decision:
    reason = f"{odd} is more than a day after it was received, and counts as unknown"
    return Decision(entry, now, "date", _US, reason, before=odd)


def filed(entry: Entry, where: Filed, now: datetime) -> tuple[Entry, tuple[Decision, ...]]:
    """The entry in its columns; a decision where that is new."""
    columns = tuple(dict.fromkeys((where.column, *where.also)))
    if (entry.column, entry.columns) == (where.column, columns):
        return entry, ()
    reason = where.rule + (f": {'; '.join(where.evidence)}" if where.evidence else "")
    before = entry.column or None
    made = Decision(entry.id, now, "column", _US, reason, before, where.column)
    return replaced(entry, column=where.column, columns=columns), (made,)


def updated(
    known: Entry, prepared: Prepared, attribution: Attribution, source: Source, now: datetime
) -> Admitted:
    """A known entry with what its source says of it now; id, guid, reception and place stay.

    A changed title or attribution of a reprint is flagged: a reprint must distort neither.
    """
    kept, published_at, odd = dated(attribution, source, known.received)
    parsed = prepared.parsed
    begins, ends = timing.stated(parsed, ZoneInfo(source.timezone))
    lost = _lost(known, parsed.labels, source)
    entry = replace(
        known,
        title=parsed.title,
        attribution=kept,
        url=parsed.link or kept.original_url or known.url,
        content_html=prepared.content_html,
        content_text=prepared.content_text,
        summary=prepared.summary,
        language=prepared.language,
        categories=parsed.categories,
        breadcrumb=parsed.breadcrumb,
        notices=parsed.notices,
        enclosures=parsed.enclosures,
        thumbnail=parsed.thumbnail,
        pictures=parsed.pictures,
        terms=parsed.terms,
        published_at=published_at,
        changed=now,
        content_hash=prepared.content_hash,
        labels=disclosures.merged((*parsed.labels, *lost)),
        not_before=begins,
        expires=ends,
    )
    entry = _reconsidered(known, entry, prepared, source)
    made = list(_changes(known, entry, source, now))
    if prepared.received:
        by = f"source {source.id}"
        made.append(
            Decision(entry.id, now, "received", by, "it came anew", after=_hashes(prepared))
        )
    if odd:
        made.append(_odd_date(entry.id, now, odd))
    flags = () if source.own else tuple(_distortions(known, entry))
    if lost:
        told = ", ".join(label.text or label.kind for label in lost)
        flags = (*flags, ("label", f"its source does not say {told} any more; it stays marked"))
    return Admitted(entry, tuple(made), flags)


def _reconsidered(known: Entry, entry: Entry, prepared: Prepared, source: Source) -> Entry:
    """Held entries come out when what was missing came, and are held when what is required goes;
    an editor's word is left alone: what was let out without it stays out."""
    lacked = entry.held_for.startswith(("without ", timing.UNREADABLE))
    if entry.status is Status.HELD and lacked:
        status, reason = _standing(prepared, entry.attribution, source)
        return replace(entry, status=status, held_for=reason)
    out = entry.status is Status.PUBLISHED or entry.is_embargoed
    if out and (unread := timing.unreadable(prepared.parsed)):
        return replace(entry, status=Status.HELD, held_for=unread)
    if entry.status is Status.PUBLISHED:
        before = missing(known.attribution, _stated_before(known, source), source)
        now = missing(entry.attribution, prepared.parsed.attribution, source)
        if gone := [name for name in now if name not in before]:
            reason = f"without {', '.join(gone)}, which source {source.id!r} requires"
            return replace(entry, status=Status.HELD, held_for=reason)
    return entry


def _stated_before(known: Entry, source: Source) -> Attribution:
    """What an entry had stated of its origin: where it did, the feed is a hop behind it."""
    stated = known.attribution.via or source.type in ("folder", "mailbox")
    return known.attribution if stated else Attribution()


def _lost(known: Entry, said: tuple[Label, ...], source: Source) -> tuple[Label, ...]:
    """Labels that an update leaves out. They stay, for a reprint must not lose them by the way;
    of our own files what they say now counts."""
    if source.own or source.type == "folder":
        return ()
    return disclosures.kept(known.labels, said)


def _changes(before: Entry, after: Entry, source: Source, now: datetime) -> Sequence[Decision]:
    by = f"source {source.id}"
    made = []
    if before.title != after.title:
        made.append(
            Decision(after.id, now, "title", by, "the source changed it", before.title, after.title)
        )
    for name in _WATCHED:
        old, new = (_said(getattr(e.attribution, name)) for e in (before, after))
        if old != new:
            made.append(Decision(after.id, now, name, by, "the source changed it", old, new))
    if before.terms != after.terms:
        old, new = terms.words(before.terms), terms.words(after.terms)
        made.append(Decision(after.id, now, "terms", by, "the source changed them", old, new))
    if before.content_html != after.content_html:
        old_length, new_length = len(before.content_text), len(after.content_text)
        reason = f"the source changed the text ({old_length} characters, now {new_length})"
        made.append(Decision(after.id, now, "text", by, reason))
    made += _condition_changes(before, after, by, now)
    if before.status is not after.status:
        reason = after.held_for or "what was required is there now"
        made.append(
            Decision(after.id, now, "status", _US, reason, before.status.value, after.status.value)
        )
    if not made:
        made.append(Decision(after.id, now, "update", by, "the source changed its particulars"))
    return made


def _condition_changes(before: Entry, after: Entry, by: str, now: datetime) -> Iterator[Decision]:
    old, new = ([label.text or label.kind for label in e.labels] for e in (before, after))
    if old != new:
        yield Decision(after.id, now, "labels", by, "the source changed them", old, new)
    for what in ("not_before", "expires"):
        was, is_ = (getattr(entry, what) for entry in (before, after))
        if was != is_:
            texts = [at.isoformat() if at else None for at in (was, is_)]
            yield Decision(after.id, now, what, by, "the source changed it", *texts)


def _said(value: object) -> object:
    """A field of an attribution as history shows it."""
    if isinstance(value, GivenDate):
        return value.text
    if isinstance(value, tuple):
        return ", ".join(person.name for person in value)
    name = getattr(value, "name", value)
    return name if isinstance(name, str) else None


def _distortions(before: Entry, after: Entry) -> Sequence[tuple[str, str]]:
    found = []
    if before.title != after.title:
        found.append(("title", f"the title was {before.title!r} and is {after.title!r} now"))
    for name in ("source", "authors"):
        old, new = (_said(getattr(e.attribution, name)) for e in (before, after))
        if old and old != new:
            found.append((name, f"{name} was {old} and is {new or 'gone'} now"))
    return found


def too_old(entry: Entry, max_age: timedelta) -> bool:
    """Whether an entry was older than a digest takes when it was first read (contract §4)."""
    return entry.stale_after is not None and entry.received - entry.stale_after > max_age
