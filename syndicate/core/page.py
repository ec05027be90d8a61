"""What each page shows, as values: the templates only put them in their places.

Every function gives a frozen page with `frame` (what all pages share), `head`, `breadcrumb`,
and what is its own; `context` makes of it what a template is rendered with. The template of
a page is `TEMPLATES[type]`. Where each file goes is in contract §5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from syndicate.core import attribution, disclosures, page_body, pictures, terms
from syndicate.core import frame as frames
from syndicate.core.attribution import Row
from syndicate.core.frame import Frame, Head, Link, breadcrumb, direction, title_of
from syndicate.core.language import of_part
from syndicate.core.linked_data import news_article, rights_expression
from syndicate.core.months import page_path
from syndicate.core.outgoing import Outgoing, href, line
from syndicate.core.plaintext import shorten, xml_text
from syndicate.core.words import Words
from syndicate.model import NoticeFrom, Terms
from syndicate.settings import Column, Digest, Site

_TEASER = 110  # characters of a summary in a list: two lines of Chinese
_LATIN_TEASER = 190
_DESCRIPTION = 150
_LIST_TITLE = 200  # in a list; a title of ten thousand characters would be the list
_BESIDE = 80
_HEAD_TITLE = 200  # characters of a title in <title>; the page itself has it whole
PartOf = tuple[str, int]  # YYYY-MM, and which part of that month


@dataclass(frozen=True, slots=True)
class Item:
    """An entry in a list. `url` is its page, relative to the listing page."""

    id: str
    title: str
    url: str
    source: str
    authors: str
    date: str
    datetime: str  # for <time datetime>
    summary: str
    language: str
    direction: str
    column: Link | None = None
    count: int = 0  # other members of its story
    labels: tuple[str, ...] = ()  # what it is marked as


@dataclass(frozen=True, slots=True)
class Section:
    """A column on the front page, with its newest."""

    title: str
    url: str
    description: str
    items: tuple[Item, ...]
    html: Markup | None = None  # as section.html made it, where it is kept from an earlier time


@dataclass(frozen=True, slots=True)
class Near:
    """An entry beside another in its column, as a link to it shows it."""

    id: str
    title: str
    language: str


@dataclass(frozen=True, slots=True)
class FrontPage:
    """index.html: columns with their newest."""

    frame: Frame
    head: Head
    sections: tuple[Section, ...]
    breadcrumb: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnPage:
    """COLUMN/index.html, or a part of a month of it: COLUMN/archive/YYYY-MM-N.html."""

    frame: Frame
    head: Head
    breadcrumb: tuple[Link, ...]
    title: str
    description: str
    items: tuple[Item, ...]
    children: tuple[Link, ...]
    months: tuple[Link, ...]  # of the column's first page only: old pages stay as they are
    feeds: str  # folder of its feeds, relative to the page
    month: str = ""  # in words, "" on the first page
    number: int = 0  # of the part in its month; the first has the oldest
    parts: tuple[Link, ...] = ()  # of its month: the first one, and the last ones up to this
    earlier: Link | None = None
    later: Link | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice as shown: whose it is, and its text."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """articles/ID.html."""

    frame: Frame
    head: Head
    breadcrumb: tuple[Link, ...]
    id: str
    title: str
    original_title: str
    language: str
    direction: str
    byline: tuple[Row, ...]
    labels: tuple[str, ...]  # what it is marked as: 广告, AI生成 …
    date: str  # in words
    datetime: str  # for <time datetime>
    body: Markup
    shown: str  # full | summary | link
    own: bool
    original: str | None
    rows: tuple[Row, ...]
    notices: tuple[Shown, ...]  # the entry's own, whole
    site_notices: tuple[str, ...]
    files: tuple[Link, ...]
    previous: Link | None
    next: Link | None


@dataclass(frozen=True, slots=True)
class TextPage:
    """A page that its frame and words are enough for: taken down, notices."""

    frame: Frame
    head: Head
    breadcrumb: tuple[Link, ...]
    title: str
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """A source as readers are told of it."""

    name: str
    url: str = ""
    feed: str = ""
    entries: int = 0
    rights: str = ""
    licence: str = ""
    permission: str = ""
    own: bool = False
    newest: str = ""  # YYYY-MM-DD on which the newest of its entries came
    former: bool = False  # read no more; what it brought stays


@dataclass(frozen=True, slots=True)
class SourcesPage:
    """sources.html: who we read."""

    frame: Frame
    head: Head
    breadcrumb: tuple[Link, ...]
    title: str
    sources: tuple[Read, ...]
    number: int = 1
    parts: tuple[Link, ...] = ()  # its pages, where there are several


@dataclass(frozen=True, slots=True)
class SearchPage:
    """search.html: works with search.js; without it, leads to columns and months."""

    frame: Frame
    head: Head
    breadcrumb: tuple[Link, ...]
    title: str
    shards: int
    kept: int
    months: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class EditionLink:
    """An edition that went out: its local date, the page of it, its size."""

    date: str
    title: str
    url: str
    items: int = 0


@dataclass(frozen=True, slots=True)
class EditionsPage:
    """editions/DIGEST/index.html."""

    frame: Frame
    head: Head
    breadcrumb: tuple[Link, ...]
    title: str
    description: str
    editions: tuple[EditionLink, ...]


Page = FrontPage | ColumnPage | ArticlePage | TextPage | SourcesPage | SearchPage | EditionsPage
TEMPLATES: Mapping[type, str] = {
    FrontPage: "index.html",
    ColumnPage: "column.html",
    ArticlePage: "article.html",
    SourcesPage: "sources.html",
    SearchPage: "search.html",
    EditionsPage: "editions.html",
}


def context(page: Page) -> dict[str, Any]:
    """What a template is rendered with (docs/templates.md)."""
    return {"page": page, "frame": page.frame, "words": page.frame.words, "site": page.frame.site}


def style(site: Site) -> dict[str, Any]:
    """The context of style.css and feed.css: the accent for light and for dark ground."""
    return {"accent": frames.light_accent(site), "accent_dark": frames.dark_accent(site)}


def item(out: Outgoing, frame: Frame, column: Link | None = None) -> Item:
    """An entry as a list shows it."""
    entry, said = out.entry, out.entry.attribution
    limit = _TEASER if entry.language.startswith(("zh", "ja", "ko")) else _LATIN_TEASER
    teaser = line(out.may_show(entry.summary or entry.content_text[:1000]))
    given = said.published
    spoken = of_part(entry.language, f"{out.title} {teaser}")
    return Item(
        id=entry.id,
        title=shorten(out.title, _LIST_TITLE),
        url=f"{frame.root}articles/{entry.id}.html",
        source=line(said.source.name or said.source.url or ""),
        authors=frame.words.list_separator.join(line(p.name) for p in said.authors if line(p.name)),
        date=given.text[:10] if given else "",
        datetime=page_body.machine_time(given.text) if given else "",
        summary=shorten(teaser, limit),
        language=spoken,
        direction=direction(spoken),
        column=column,
        count=len(out.also),
        labels=_labels(out, frame.words),
    )


def _labels(out: Outgoing, words: Words) -> tuple[str, ...]:
    shown = (line(disclosures.shown(label, words)) for label in out.entry.labels)
    return tuple(dict.fromkeys(filter(None, shown)))


def section(frame: Frame, column: Column, newest: Sequence[Outgoing], html: str = "") -> Section:
    """A column on the front page; `html` is what was made of it already."""
    return Section(
        title=title_of(column, frame.words),
        url=f"{frame.root}{column.id}/index.html",
        description=column.description,
        items=tuple(item(out, frame) for out in newest),
        html=Markup(html) if html else None,  # noqa: S704 our own template's, kept
    )


def front(
    frame: Frame,
    columns: Sequence[Column],
    newest: Mapping[str, Sequence[Outgoing]],
    kept: Mapping[str, str] | None = None,
) -> FrontPage:
    """The front page: each outermost column that has something, with its newest, or with the
    part of the page that was made of it before."""
    words, site, kept = frame.words, frame.site, kept or {}
    sections = [
        section(frame, column, newest.get(column.id, ()), kept.get(column.id, ""))
        for column in columns
        if newest.get(column.id) or kept.get(column.id)
    ]
    head = Head(
        title=site.name,
        description=words.list_separator.join(section.title for section in sections),
        canonical=site.url,
    )
    return FrontPage(frame, head, tuple(sections))


def column(
    frame: Frame,
    columns: Sequence[Column],
    id: str,
    entries: Sequence[Outgoing],
    months: Sequence[PartOf] = (),
) -> ColumnPage:
    """A column's first page: its newest, and links to its months, each to its newest part."""
    this, title, folder = _named(frame, columns, id)
    return ColumnPage(
        frame=frame,
        head=Head(
            title=title,
            description=this.description or f"{title} · {frame.site.name}",
            canonical=f"{frame.site.url}{id}/",
            feeds=f"{id}/",
            feeds_title=title,
        ),
        breadcrumb=breadcrumb(frame, columns, id),
        title=title,
        description=this.description,
        items=tuple(item(out, frame) for out in entries),
        children=tuple(
            frames.column_link(frame.root, child, frame.words)
            for child in columns
            if child.parent == id
        ),
        months=tuple(
            Link(frame.words.month(month), frame.root + page_path(id, month, last))
            for month, last in months
        ),
        feeds=folder,
    )


def month(
    frame: Frame,
    columns: Sequence[Column],
    id: str,
    entries: Sequence[Outgoing],
    part: PartOf,
    earlier: PartOf | None = None,
    later: PartOf | None = None,
) -> ColumnPage:
    """A part of what a column received in a month, and the parts beside it.

    It says nothing that a later entry could change but the link to the part after it. `frame`
    is two deep.
    """
    words, (month, number) = frame.words, part
    _, title, folder = _named(frame, columns, id)

    def link(at: PartOf | None) -> Link | None:
        return at and Link(part_name(*at, words), frame.root + page_path(id, *at))

    name = part_name(month, number, words)
    shown = sorted({1, *range(max(number - 3, 1), number + 1)})
    return ColumnPage(
        frame=frame,
        head=Head(
            title=f"{title} · {name}",
            description=f"{title} · {name} · {frame.site.name}",
            canonical=frame.site.url + page_path(id, month, number),
            feeds=f"{id}/",
            feeds_title=title,
        ),
        breadcrumb=(*breadcrumb(frame, columns, id), Link(name)),
        title=title,
        description="",
        items=tuple(item(out, frame) for out in entries),
        children=(),
        months=(),
        feeds=folder,
        month=words.month(month),
        number=number,
        parts=tuple(Link(str(n), frame.root + page_path(id, month, n)) for n in shown),
        earlier=link(earlier),
        later=link(later),
    )


def _named(frame: Frame, columns: Sequence[Column], id: str) -> tuple[Column, str, str]:
    """A column, its title, and where its feeds are."""
    this = next(column for column in columns if column.id == id)
    return this, title_of(this, frame.words), f"{frame.root}{id}/"


def part_name(month: str, number: int, words: Words) -> str:
    """2026年11月, and from the second part on which of them."""
    name = words.month(month)
    return f"{name} · {words.fill('page_number', number=number)}" if number > 1 else name


def article(
    out: Outgoing,
    frame: Frame,
    columns: Sequence[Column],
    *,
    noindex: bool = False,
    previous: Near | None = None,
    next: Near | None = None,
) -> ArticlePage:
    """An entry's page. `previous` is the newer neighbour in its column, `next` the older."""
    entry, words = out.entry, frame.words
    rows = rows_of(out, words)
    spoken = of_part(entry.language, f"{out.title} {entry.content_text[:400]}")
    crumbs = (*breadcrumb(frame, columns, entry.column), Link(words.text))
    return ArticlePage(
        frame=frame,
        head=_article_head(out, frame, columns, noindex),
        breadcrumb=crumbs,
        id=entry.id,
        title=out.title,
        original_title=out.original_title,
        language=spoken,
        direction=direction(spoken),
        byline=tuple(r for r in rows if r.kind in ("source", "author")),
        labels=_labels(out, words),
        date=words.date(entry.attribution.published),
        datetime=page_body.machine_time(said.text) if (said := entry.attribution.published) else "",
        body=_body(out, frame.root),
        shown=out.shown,
        own=out.own,
        original=out.original,
        rows=rows,
        notices=() if out.own else _notices(out, words),
        site_notices=out.notices,
        files=tuple(_file(f.url, f.title) for f in pictures.enclosures(out) if href(f.url)),
        previous=_neighbour(previous, frame),
        next=_neighbour(next, frame),
    )


def rows_of(out: Outgoing, words: Words) -> tuple[Row, ...]:
    """The attribution rows of an entry that goes out, with its story's other members."""
    also = tuple((each.name, each.page or each.url) for each in out.also)
    rows = attribution.rows_with(
        out.entry,
        words,
        also,
        original=out.original,
        own=out.own,
        editor=out.editor,
        title=out.title,
        zone=out.zone,
    )
    said = _terms_row(out.entry.terms, words)
    return (*rows, said) if said else rows


def _terms_row(said: Terms, words: Words) -> Row | None:
    """What the source forbids and reserves, for people."""
    parts: list[tuple[str, str | None]] = [(word, None) for word in said.robots]
    if said.tdm is not None:
        text = words.tdm_reserved if said.tdm else words.tdm_allowed
        parts.append((text, href(said.tdm_policy)))
    if url := href(said.policy):
        parts.append((words.policy, url))
    return Row("terms", words.terms, tuple(parts)) if parts else None


def _article_head(out: Outgoing, frame: Frame, columns: Sequence[Column], noindex: bool) -> Head:
    entry = out.entry
    teaser = line(out.may_show(entry.summary or entry.content_text[:1000]))
    filed = next((c for c in columns if c.id == entry.column), None)
    return Head(
        title=shorten(out.title, _HEAD_TITLE),
        description=shorten(teaser, _DESCRIPTION),
        canonical=out.page if out.own else out.original or out.page,
        robots=terms.robots_text(entry.terms, noindex=noindex),
        metas=_tdm(entry.terms),
        policy=_policy(entry.terms),
        rights_expression=rights_expression(entry.terms),
        type="article",
        image=href(pictures.address(out, entry.thumbnail)) or "",
        json_ld=news_article(out, title_of(filed, frame.words) if filed else ""),
        feeds=f"{filed.id}/" if filed else "",
        feeds_title=title_of(filed, frame.words) if filed else "",
    )


def _tdm(said: Terms) -> tuple[tuple[str, str], ...]:
    """TDMRep's meta tags, as the source reserves."""
    if said.tdm is None:
        return ()
    stated = (("tdm-reservation", str(int(said.tdm))), ("tdm-policy", href(said.tdm_policy) or ""))
    return tuple((name, value) for name, value in stated if value)


def _policy(said: Terms) -> Link | None:
    url = href(said.policy)
    return Link(said.policy_type, url) if url else None


def _body(out: Outgoing, root: str) -> Markup:
    """What may be shown of the text; `content_html` was cleaned when it came (sanitize.clean)."""
    entry = out.entry
    if out.shown == "link":
        return Markup()
    if out.shown == "full" and entry.content_html:
        html = xml_text(pictures.body(out, root))
        return Markup(page_body.fitted(html))  # noqa: S704
    return Markup("<p>{}</p>").format(out.summary) if out.summary else Markup()


def _notices(out: Outgoing, words: Words) -> tuple[Shown, ...]:
    labels = {
        NoticeFrom.ENTRY: words.notice_entry,
        NoticeFrom.SITE: words.notice_site,
        NoticeFrom.SOURCE: words.notice_source,
    }
    shown = [(labels[n.origin], xml_text(n.text).strip()) for n in out.entry.notices]
    return tuple(Shown(label, text) for label, text in dict.fromkeys(shown) if text)


def _file(url: str, title: str | None) -> Link:
    return Link(line(title or "") or url.rsplit("/", 1)[-1] or url, href(url) or "")


def _neighbour(near: Near | None, frame: Frame) -> Link | None:
    if near is None:
        return None
    title = shorten(near.title, _BESIDE)
    return Link(title, f"{frame.root}articles/{near.id}.html", near.language)


def taken_down(frame: Frame) -> TextPage:
    """The page of a retracted entry: that it was taken down, without title or text."""
    words = frame.words
    return TextPage(
        frame=frame,
        head=Head(title=words.taken_down, robots="noindex"),
        breadcrumb=_home(frame, words.taken_down),
        title=words.taken_down,
    )


def expired(frame: Frame) -> TextPage:
    """The page of an entry whose term is over: that it is, without title or text."""
    words = frame.words
    return TextPage(
        frame=frame,
        head=Head(title=words.expired, robots="noindex"),
        breadcrumb=_home(frame, words.expired),
        title=words.expired,
        texts=(words.expired_why,),
    )


def notices(frame: Frame) -> TextPage:
    """notices.html: the site's notices, whom to reach, how to claim."""
    words, site = frame.words, frame.site
    return TextPage(
        frame=frame,
        head=Head(
            title=words.notices,
            description=words.notices_intro,
            canonical=f"{site.url}notices.html",
        ),
        breadcrumb=_home(frame, words.notices),
        title=words.notices,
        texts=site.notices.texts(),
    )


def sources(frame: Frame, read: Sequence[Read], number: int = 1, count: int = 1) -> SourcesPage:
    """sources.html: who we read, with links to them; addresses that are none are left out.

    A long list has `count` pages, of which this is one.
    """
    words = frame.words
    shown = [
        Read(
            name=line(r.name) or r.url or r.feed,
            url=href(r.url) or "",
            feed=href(r.feed) or "",
            entries=r.entries,
            rights=line(r.rights),
            licence=line(r.licence),
            permission=line(r.permission),
            own=r.own,
            newest=r.newest,
            former=r.former,
        )
        for r in read
    ]
    return SourcesPage(
        frame=frame,
        head=Head(
            title=words.sources,
            description=words.sources_intro,
            canonical=frame.site.url + _sources_path(number),
        ),
        breadcrumb=_home(frame, words.sources),
        title=words.sources,
        sources=tuple(shown),
        number=number,
        parts=tuple(Link(str(n), frame.root + _sources_path(n)) for n in range(1, count + 1)),
    )


def _sources_path(number: int) -> str:
    return f"sources-{number}.html" if number > 1 else "sources.html"


def search(frame: Frame, shards: int, kept: int, months: Sequence[str] = ()) -> SearchPage:
    """search.html over an index of so many shards, each of which keeps `kept` entries."""
    words = frame.words
    return SearchPage(
        frame=frame,
        head=Head(
            title=words.search,
            description=words.search_hint,
            canonical=f"{frame.site.url}search.html",
        ),
        breadcrumb=_home(frame, words.search),
        title=words.search,
        shards=shards,
        kept=shards * kept,
        months=tuple(Link(words.month(m), f"{frame.root}archive/{m}.atom.xml") for m in months),
    )


def edition_index(frame: Frame, digest: Digest, editions: Sequence[EditionLink]) -> EditionsPage:
    """editions/DIGEST/index.html, newest first; `url` of each is relative to the page."""
    words, title = frame.words, digest.title or digest.id
    folder = f"editions/{digest.id}/"
    return EditionsPage(
        frame=frame,
        head=Head(
            title=f"{title} · {words.editions}",
            description=digest.description or f"{title} · {words.editions} · {frame.site.name}",
            canonical=frame.site.url + folder,
            feeds_title=title,
        ),
        breadcrumb=_home(frame, title),
        title=title,
        description=digest.description,
        editions=tuple(editions),
    )


def _home(frame: Frame, here: str) -> tuple[Link, ...]:
    return (Link(frame.words.home, f"{frame.root}index.html"), Link(here))
