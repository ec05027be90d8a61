"""Who, where, when, by which hands: made once when an entry arrives, shown the same everywhere.

`effective` joins what an entry states with what is known of the feed that it was read from
(contract §6); `rows` is what pages, mails and footers show of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

from syndicate.core import disclosures, timing, urls
from syndicate.core.outgoing import href, line
from syndicate.core.words import Words
from syndicate.model import Attribution, Entry, FeedFacts, Hop, Notice, ParsedEntry, Publisher
from syndicate.settings import Site, Source
from syndicate.values import replaced


def effective(parsed: ParsedEntry, source: Source, feed: FeedFacts, site: Site) -> Attribution:
    """The attribution of an entry of a source.

    What it states about its origin is its source; the feed or site it was read from is then its
    last via. What states nothing has the feed as its source. A folder or mailbox is no hop; the
    site that a page names is. Our own articles have the site as their source and no via.
    """
    said = parsed.attribution
    if source.own:
        return _own(parsed, site)
    read_from = _reader(source, feed)
    stated = said.source if said.source.name or said.source.url or said.source.feed else None
    via = said.via
    itself = stated is None
    if stated is None:
        origin, via = _unstated(read_from, via)
    elif read_from is not None and _is_same(stated, read_from):
        origin, itself = _completed(stated, read_from), True
    else:
        origin, via = stated, _handed_on(via, read_from, source)
    return replaced(
        said,
        source=origin,
        original_id=parsed.id,
        original_url=said.original_url or parsed.link,
        rights=said.rights
        or origin.rights
        or (feed.rights if itself else None)
        or source.rights
        or None,
        licence=said.licence or (feed.licence if itself else None) or source.licence or None,
        via=via,
    )


def _completed(stated: Publisher, read_from: Publisher) -> Publisher:
    """What an entry states of the very feed it stands in, and what the feed itself adds to it."""
    return replace(
        stated,
        name=stated.name or read_from.name,
        url=stated.url or read_from.url,
        feed=stated.feed or read_from.feed,
        id=stated.id or read_from.id,
        logo=stated.logo or read_from.logo,
    )


def _handed_on(
    via: tuple[Hop, ...], read_from: Publisher | None, source: Source
) -> tuple[Hop, ...]:
    """The hands with the feed or site that it was read from as the last; a folder is none."""
    if read_from is None or source.type in ("folder", "mailbox"):
        return via
    hop = Hop(read_from.name, read_from.url or read_from.feed)
    return via if via and _is_hop(via[-1], hop) else (*via, hop)


def _own(parsed: ParsedEntry, site: Site) -> Attribution:
    said = parsed.attribution
    return replace(
        said,
        source=Publisher(name=site.name, url=site.url),
        original_id=parsed.id,
        original_url=said.original_url or parsed.link,
        rights=said.rights or site.rights or None,
        via=(),
    )


def _reader(source: Source, feed: FeedFacts) -> Publisher | None:
    """The feed or site that entries were read from; None for a folder or mailbox, which is no
    hand that an entry came through."""
    if source.type in ("folder", "mailbox"):
        return Publisher(name=source.name) if source.name else None
    name = source.name or feed.title or urls.host(feed.url or source.url) or None
    return Publisher(
        name=name,
        url=feed.url or urls.site(source.url) or None,
        feed=feed.feed or (source.url if source.type == "feed" else None) or None,
        id=feed.id,
        logo=feed.logo,
        rights=feed.rights,
    )


def _unstated(
    read_from: Publisher | None, via: tuple[Hop, ...]
) -> tuple[Publisher, tuple[Hop, ...]]:
    """Nothing stated: the feed is the source, or the site that a page in a folder names."""
    if read_from is not None and read_from.url:
        return read_from, via
    if via:
        first = via[0]
        return Publisher(name=first.name, url=first.url), via[1:]
    return read_from or Publisher(), via


def _is_same(origin: Publisher, reader: Publisher) -> bool:
    """Whether an entry states as its origin the very feed that it was read from."""
    if origin.name and reader.name and _folded(origin.name) == _folded(reader.name):
        return True
    if origin.id and origin.id == reader.id:
        return True
    theirs = {urls.canonical(u) for u in (reader.url, reader.feed) if u}
    return any(urls.canonical(u) in theirs for u in (origin.feed, origin.url) if u)


def _is_hop(hop: Hop, other: Hop) -> bool:
    if hop.url and other.url and urls.canonical(hop.url) == urls.canonical(other.url):
        return True
    return bool(hop.name) and _folded(hop.name) == _folded(other.name)


def _folded(text: str | None) -> str:
    return "".join((text or "").split()).casefold()


# --- what is shown --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an attribution: `kind` for templates, a label, and texts with their links."""

    kind: str  # label source author editor site-editor published updated expires original …
    label: str
    parts: tuple[tuple[str, str | None], ...]

    @property
    def text(self) -> str:
        return self.separator.join(text for text, _ in self.parts)

    @property
    def separator(self) -> str:
        return " → " if self.kind == "via" else "、" if self.label[0] > "\u2e80" else ", "


def rows(entry: Entry, words: Words, also: Sequence[Entry] = ()) -> tuple[Row, ...]:
    """What is shown of an entry's attribution, in the order of the page; what is not known is
    left out. `also` are the other members of its story."""
    return rows_with(entry, words, [_other(other) for other in also])


def rows_with(
    entry: Entry,
    words: Words,
    also: Sequence[tuple[str, str | None]] = (),
    *,
    original: str | None = None,
    own: bool = False,
    editor: str = "",
    title: str = "",
    zone: tzinfo = UTC,
) -> tuple[Row, ...]:
    """The same, the other members being given as names with addresses, the original link and
    the title as they are emitted, who answers for it here, and the zone of its dates. Texts are
    single lines; addresses are web addresses or None."""
    said = entry.attribution
    original = href(original or said.original_url)
    marked = dict.fromkeys(line(disclosures.shown(label, words)) for label in entry.labels)
    other_title = line(said.original_title or "")
    licence = said.licence if said.licence != said.rights else None
    found = (
        Row("label", words.labels, tuple(part for text in marked for part in _one(text))),
        Row("source", words.source, _source_parts(said.source)),
        Row("author", words.author, tuple(p for a in said.authors for p in _one(a.name, a.url))),
        Row("editor", words.editor, _one(said.editor)),
        Row("site-editor", words.site_editor, _one(editor)),
        Row("published", words.published, _one(words.exact(said.published))),
        Row("updated", words.updated, _one(words.exact(said.updated))),
        Row(
            "expires",
            words.expires,
            _one(timing.last(entry.expires, zone) if entry.expires else ""),
        ),
        Row("original", words.original, _one(original, original)),
        Row(
            "original-title",
            words.original_title,
            _one(other_title if other_title != (title or line(entry.title)) else ""),
        ),
        Row("rights", words.rights, (*_one(said.rights), *_one(licence, licence))),
        Row("via", words.via, () if own else tuple(p for hop in said.via for p in _hop(hop))),
        Row("also", words.also, tuple(p for name, url in also for p in _one(name, url))),
    )
    return tuple(row for row in found if row.parts)


def _one(text: str | None, url: str | None = None) -> tuple[tuple[str, str | None], ...]:
    text = line(text or "")
    return ((text, href(url)),) if text else ()


def _source_parts(source: Publisher) -> tuple[tuple[str, str | None], ...]:
    address = source.url or source.feed
    return _one(source.name or address, address)


def _hop(hop: Hop) -> tuple[tuple[str, str | None], ...]:
    return _one(hop.name or hop.url, hop.url)


def _other(entry: Entry) -> tuple[str, str | None]:
    name = entry.attribution.source.name or entry.source
    hands = entry.attribution.via
    if hands and hands[-1].name and hands[-1].name != name:
        name = hands[-1].name
    return (name, entry.url or None)


def notices_of(entry: Entry, source: Source | None) -> tuple[Notice, ...]:
    """The notices that came with a reprint, word for word; our own articles have none."""
    return () if source is not None and source.own else entry.notices


def our_notices(source: Source | None, site: Site) -> tuple[str, ...]:
    """The site's configured notices, which go with every reprint."""
    return () if source is not None and source.own else site.notices.texts()
