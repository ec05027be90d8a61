"""What a source said, made ready to be compared, filed and shown: ParsedEntry -> Prepared.

Pure and picklable, so that it runs in the worker process that parsed the document. Everything
that needs the database (whether it is new, whose story it is) is decided later, from this.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, replace
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from syndicate.core import (
    dates,
    disclosures,
    identity,
    labels,
    language,
    plaintext,
    sanitize,
    urls,
)
from syndicate.core.fingerprint import fingerprint
from syndicate.core.labels import Inferred
from syndicate.core.prepared import Prepared
from syndicate.model import (
    Attribution,
    Evidence,
    GivenDate,
    Hop,
    Label,
    ParsedEntry,
    Person,
    Picture,
    Piece,
    Publisher,
)
from syndicate.values import replaced

SUMMARY_LENGTH = 200  # characters; about two lines of a column page
_TITLE_LENGTH = 60
_FUTURE = timedelta(days=1)
# Without a character that `plain` would see to
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$'()*+,;=%-]*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def prepare(
    parsed: ParsedEntry,
    *,
    zone: str,
    base: str | None = None,
    feed_language: str | None = None,
    local_id: str = "",
    read_text: bool = True,
    received: tuple[Piece, ...] = (),
) -> Prepared:
    """Clean, localise and mark one entry.

    `zone` is that of its zone-less dates. `local_id` identifies a file of a folder. `read_text`
    looks for 来源：… in the text of entries that do not state it otherwise. What the text is
    marked as, and an embargo in it, always count. `received` are its own bytes.
    """
    parsed = _placed(parsed, base)
    html = parsed.content_html or parsed.summary_html
    address = parsed.link or base
    content_html = sanitize.clean(html, address)
    content_text = sanitize.to_text(content_html, cleaned=True)
    given = _clean(parsed, ZoneInfo(zone), content_text)
    inline = labels.read_inline(content_text)
    if read_text:
        given = _infer(given, inline)
    given = _disclosed(_embargoed(given, inline, ZoneInfo(zone)), content_text)
    own = identity.marks(replace(given, id=local_id) if local_id else given, content_text)
    return Prepared(
        parsed=given,
        marks=own,
        content_html=content_html,
        content_text=content_text,
        summary=_summary(parsed, content_text),
        language=language.choose(parsed.language, feed_language, f"{given.title}\n{content_text}"),
        content_hash=_hash(given, content_html),
        fingerprint=fingerprint(given.title, content_text),
        received=received,
    )


def _placed(parsed: ParsedEntry, base: str | None) -> ParsedEntry:
    """A relative link of a feed that came without an address of its own is one of its site's."""
    link = (parsed.link or "").strip()
    if not base or not link or _SCHEME.match(link):
        return parsed
    with suppress(ValueError):
        return replace(parsed, link=urls.join(base, link))
    return parsed


def _summary(parsed: ParsedEntry, content_text: str) -> str:
    if not parsed.summary_html:
        return plaintext.shorten(content_text, SUMMARY_LENGTH)
    said = sanitize.to_text(sanitize.clean(parsed.summary_html), cleaned=True)
    return plaintext.shorten(said or content_text, SUMMARY_LENGTH)


def _clean(parsed: ParsedEntry, zone: tzinfo, content_text: str) -> ParsedEntry:
    title = sanitize.plain(parsed.title)
    evidence = parsed.evidence
    if not title:
        title = sanitize.summary(content_text, _TITLE_LENGTH) or parsed.link or parsed.id or ""
        evidence = (*evidence, Evidence("title", "it has none; its first words", title))
    return replaced(
        parsed,
        title=sanitize.plain(title),
        content_html="",
        summary_html="",
        attribution=_clean_attribution(parsed.attribution, zone),
        categories=_plain_all(parsed.categories),
        breadcrumb=_plain_all(parsed.breadcrumb),
        notices=tuple(
            replace(notice, text=text)
            for notice in parsed.notices
            if (text := sanitize.plain(notice.text))
        ),
        link=_web(parsed.link),
        thumbnail=_web(parsed.thumbnail),
        enclosures=tuple(e for e in parsed.enclosures if _web(e.url)),
        labels=disclosures.merged(
            Label(la.kind, sanitize.plain(la.text), la.url)
            for la in parsed.labels
            if sanitize.plain(la.text) or la.kind != "label"
        ),
        embargo=_date(parsed.embargo, zone),
        expires=_date(parsed.expires, zone),
        pictures=tuple(_pictures(parsed.pictures)),
        evidence=evidence,
    )


def _pictures(stated: tuple[Picture, ...]) -> Iterator[Picture]:
    for picture in stated:
        if url := _web(picture.url):
            said = (sanitize.plain(t) for t in (picture.caption, picture.credit, picture.rights))
            yield Picture(url, *said)


def _plain_all(texts: tuple[str, ...]) -> tuple[str, ...]:
    return texts and tuple(dict.fromkeys(filter(None, map(sanitize.plain, texts))))


def _plain(text: str | None) -> str | None:
    return sanitize.plain(text) or None if text else None


def _web(url: str | None) -> str | None:
    """A link that may be shown: http or https, nothing that could break out of a line."""
    if not url:
        return None
    if _PLAIN_URL.fullmatch(url):
        return url
    url = sanitize.plain(url).replace(" ", "%20")
    return url if url.lower().startswith(("http://", "https://")) else None


def _date(given: GivenDate | None, zone: tzinfo) -> GivenDate | None:
    return given.in_zone(zone) if given else None


def _person(person: Person) -> Person:
    email = _plain(person.email)
    return Person(sanitize.plain(person.name), _web(person.url), email)


def _clean_attribution(said: Attribution, zone: tzinfo) -> Attribution:
    return Attribution(
        source=_clean_source(said.source, zone),
        authors=_people(said.authors),
        original_url=_web(said.original_url),
        original_id=_plain(said.original_id),
        original_title=_plain(said.original_title),
        published=_date(said.published, zone),
        updated=_date(said.updated, zone),
        rights=_plain(said.rights),
        licence=_plain(said.licence),
        editor=_plain(said.editor),
        via=tuple(Hop(_plain(h.name), _web(h.url)) for h in said.via if h.name or h.url),
    )


_UNSTATED = Publisher()  # the same for all entries, of which most state none


def _clean_source(source: Publisher, zone: tzinfo) -> Publisher:
    if source == _UNSTATED:
        return _UNSTATED
    return Publisher(
        name=_plain(source.name),
        url=_web(source.url),
        feed=_web(source.feed),
        id=_plain(source.id),
        updated=_date(source.updated, zone),
        authors=_people(source.authors),
        rights=_plain(source.rights),
        logo=_web(source.logo),
    )


def _people(people: tuple[Person, ...]) -> tuple[Person, ...]:
    if not people:
        return ()
    cleaned = (_person(person) for person in people)
    return tuple(dict.fromkeys(p for p in cleaned if p.name or p.email))


def _infer(parsed: ParsedEntry, found: Inferred) -> ParsedEntry:
    """What the text says of its origin, where nothing states it; never over what is stated."""
    said = parsed.attribution
    taken: dict[str, object] = {}
    if found.source and not said.source.name:
        taken["source"] = replace(said.source, name=found.source)
    if found.authors and not said.authors:
        taken["authors"] = found.authors
    for name in ("original_title", "original_url", "editor", "published"):
        value = getattr(found, name)
        if value and not getattr(said, name):
            taken[name] = value
    if not taken:
        return parsed
    kept = tuple(e for e in found.evidence if e.field in taken)
    return replace(
        parsed,
        attribution=replace(said, **taken),  # type: ignore[arg-type]
        evidence=(*parsed.evidence, *kept),
    )


def _embargoed(parsed: ParsedEntry, found: Inferred, zone: tzinfo) -> ParsedEntry:
    """With an embargo that the text states; one that is no date is kept as words, so that
    nothing goes out before an editor has read them."""
    text = found.embargo
    if not text or parsed.embargo:
        return parsed
    read = dates.read_date(text)
    if read is None:
        return replace(parsed, raw_dates=(*parsed.raw_dates, ("embargo", text)))
    kept = tuple(e for e in found.evidence if e.field == "embargo")
    return replace(parsed, embargo=read.in_zone(zone), evidence=(*parsed.evidence, *kept))


def _disclosed(parsed: ParsedEntry, text: str) -> ParsedEntry:
    """With the labels that title and text bear, beside those that are stated."""
    found = disclosures.read_inline(parsed.title, text)
    if not found:
        return parsed
    every = disclosures.merged((*parsed.labels, *(label for label, _ in found)))
    evidence = tuple(
        Evidence("label", where, label.text) for label, where in found if label not in parsed.labels
    )
    return replace(parsed, labels=every, evidence=(*parsed.evidence, *evidence))


# The fields of an entry that its repr shows; of these four the hash has nothing
_SHOWN = tuple(field.name for field in fields(ParsedEntry) if field.repr)
_BLANK = {"content_html": "''", "summary_html": "''", "evidence": "()", "problems": "()"}


def _hash(parsed: ParsedEntry, content_html: str) -> str:
    """Of everything that a source said of an entry, so that any change of it is seen.

    What is hashed is its repr, as ever: other bytes would make updates of all that is known.
    """
    said = (f"{name}={_BLANK.get(name) or repr(getattr(parsed, name))}" for name in _SHOWN)
    text = f"ParsedEntry({', '.join(said)})\0{content_html}{parsed.conditions}"
    if parsed.pictures or parsed.terms:
        text += f"\0{parsed.pictures!r}\0{parsed.terms!r}"
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def plausible(date: GivenDate | None, zone: tzinfo, received: datetime) -> bool:
    """Whether a date can be believed: no more than a day after it was received."""
    if date is None:
        return True
    try:
        return date.earliest(zone) <= received + _FUTURE
    except (OverflowError, ValueError):
        return False
