"""What a mail shows of an edition: entries by column, notices, who sends it.

What differs between two subscribers of a variant is little: address, tokens, Message-ID. The
rendering has marks in their place, which `core.mime` fills in, so that nothing is rendered,
inlined or encoded twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from syndicate.core import outgoing as outgoings
from syndicate.core import textpart
from syndicate.core.attribution import Row, notices_of, our_notices, rows_with
from syndicate.core.outgoing import Outgoing
from syndicate.core.plaintext import shorten
from syndicate.core.words import Words
from syndicate.model import Entry
from syndicate.settings import Digest, Settings, Site, Source

MARK = "\ue0f0{name}\ue0f1"  # private use: no text that comes in from outside keeps these
UNSUBSCRIBE, PREFERENCES, EMAIL = (
    MARK.format(name=name) for name in ("unsubscribe", "preferences", "email")
)
LARGEST = 100_000  # bytes of HTML; clients cut what is more
_SUMMARY = 180
_MARKS = re.compile("[\ue0f0\ue0f1]")


@dataclass(frozen=True, slots=True)
class MailItem:
    """One entry in a mail or on an edition's page."""

    number: int
    id: str
    title: str
    url: str
    page: str
    summary: str
    language: str
    byline: str
    rows: tuple[Row, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A column's entries."""

    title: str
    anchor: str
    items: tuple[MailItem, ...]


@dataclass(frozen=True, slots=True)
class EditionView:
    """What templates know of an edition."""

    id: str
    date: str
    title: str
    url: str  # of its page
    count: int


def items(
    entries: Sequence[Entry],
    settings: Settings,
    words: Words,
    also: Mapping[str, Sequence[tuple[str, str | None]]],
) -> tuple[Group, ...]:
    """The entries in the order of the site's columns, numbered through."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.column, []).append(entry)
    groups = []
    number = 0
    for column in settings.columns:
        members = found.pop(column.id, [])
        if members:
            made = []
            for entry in members:
                number += 1
                made.append(_item(number, entry, settings, words, also.get(entry.id, ())))
            groups.append(Group(column.title, f"c-{column.id}", tuple(made)))
    return tuple(groups)


def _item(
    number: int,
    entry: Entry,
    settings: Settings,
    words: Words,
    also: Sequence[tuple[str, str | None]],
) -> MailItem:
    source = settings.source(entry.source)
    out = outgoing(entry, source, settings)
    rows = rows_with(
        entry,
        words,
        also,
        original=out.original,
        own=out.own,
        editor=out.editor,
        title=out.title,
        zone=out.zone,
    )
    summary = _clear(out.may_show(entry.summary or entry.content_text))
    return MailItem(
        number=number,
        id=entry.id,
        title=_clear(out.title),
        url=out.main_link,
        page=out.page,
        summary=shorten(" ".join(summary.split()), _SUMMARY),
        language=entry.language,
        byline=" · ".join(
            _clear(row.text)
            for row in rows
            if row.kind in ("label", "source", "author", "published")
        ),
        rows=rows,
        notices=tuple(_clear(n.text) for n in notices_of(entry, source)),
    )


def outgoing(entry: Entry, source: Source | None, settings: Settings) -> Outgoing:
    """An entry as it goes out, with what its source allows to be shown."""
    from zoneinfo import ZoneInfo

    zone = source.timezone if source else settings.site.timezone
    return Outgoing(
        outgoings.bare(entry),
        settings.site,
        ZoneInfo(zone or settings.site.timezone),
        shown="link" if entry.link_only else (source.content or "summary") if source else "summary",
        own=bool(source and source.own),
        link=settings.publish.link,
        editor=outgoings.editor(entry, source, settings),
    )


def _clear(text: str) -> str:
    return _MARKS.sub("", text)


def mail_notices(entries: Sequence[Entry], settings: Settings) -> tuple[str, ...]:
    """The site's own notices, once, where anything in the mail is a reprint."""
    for entry in entries:
        source = settings.source(entry.source)
        if ours := our_notices(source, settings.site):
            return ours
    return ()


def context(
    *,
    settings: Settings,
    digest: Digest,
    edition: EditionView,
    groups: Sequence[Group],
    entries: Sequence[Entry],
    words: Words,
    web: bool,
    removed: int = 0,
) -> dict[str, object]:
    """What the templates `digest.html` and `digest.txt` are given."""
    titles = [item.title for group in groups for item in group.items]
    return {
        "site": settings.site,
        "digest": digest,
        "edition": edition,
        "groups": tuple(groups),
        "words": words,
        "notices": mail_notices(entries, settings),
        "noticed": any(item.notices for group in groups for item in group.items),
        "preheader": " · ".join(titles[:2]),
        "archive": f"{settings.site.url}editions/{digest.id}/",
        "web": web,
        "removed": removed,
        "unsubscribe": UNSUBSCRIBE,
        "preferences": PREFERENCES,
        "email": EMAIL,
        "profile": profile(settings.site, words),
        "wrapped": textpart.wrap,
        "underlined": textpart.underline,
    }


def profile(site: Site, words: Words) -> tuple[str, ...]:
    """Who sends this: name, sponsors, contacts, address; one line each."""
    contact = site.contact
    lines = [site.name, site.url]
    for label, values in (
        (words.sponsor, [site.sponsor]),
        (words.supervisor, [site.supervisor]),
        (words.email, [contact.email]),
        (words.phone, contact.phone),
        (words.address, contact.address),
    ):
        stated = [value for value in values if value]
        if stated:
            lines.append(f"{label}{words.colon}{words.join(stated)}")
    return tuple(lines)


def inline(html: str) -> str:
    """HTML with its style sheet moved into the elements, `@media` rules kept; never too large."""
    import css_inline

    inliner = css_inline.CSSInliner(
        keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
    )
    inlined: str = inliner.inline(html)
    return inlined


def fitted(html: str, url: str, words: Words) -> str:
    """HTML of at most 100 kB, above that cut between two items, with a link to the page."""
    if len(html.encode()) <= LARGEST:
        return html
    link = f'<p><a href="{escape(url)}">{escape(words.in_browser)}</a></p>'
    items = [match.start() for match in re.finditer(r'<div[^>]* id="e-', html)]
    ending = html.find("</td></tr>", items[-1]) if items else -1
    room = LARGEST - len(link.encode())
    for start in reversed(items[1:]):
        shorter = html[:start] + link + html[ending:]
        if len(shorter.encode()) <= room:
            return shorter
    return html[: items[0]] + link + html[ending:] if items else html
