"""What publishing asks of the pages: a seam, so that feeds do not know how pages are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, overload
from zoneinfo import ZoneInfo

from syndicate.adapters.store.archives import Part
from syndicate.adapters.store.tallies import Tally
from syndicate.adapters.templates import Templates
from syndicate.core import page, search
from syndicate.core.frame import frame
from syndicate.core.outgoing import Outgoing
from syndicate.settings import Settings, Source


class Pages(Protocol):
    """Values in, HTML out. Raises TemplateError where an operator's template is broken."""

    def fingerprint(self) -> str:
        """Changes whenever the same entry would give another page."""
        ...

    def article(self, out: Outgoing, newer: page.Near | None, older: page.Near | None) -> str:
        """An entry's own page, with links to its neighbours in its main column."""
        ...

    def taken_down(self, entry: str) -> str:
        """The page of an entry that was taken down: without its title or text."""
        ...

    def expired(self, entry: str) -> str:
        """The page of an entry whose term is over: without its title or text."""
        ...

    def section(self, column: str, newest: Sequence[Outgoing]) -> str:
        """The part of the front page that shows the newest of an outermost column."""
        ...

    def front(self, sections: Mapping[str, str]) -> str:
        """The front page, from the parts of its columns."""
        ...

    def column(self, id: str, newest: Sequence[Outgoing], months: Sequence[page.PartOf]) -> str:
        """The page of a column; `months` are those of its archive, newest first, each with the
        number of its parts."""
        ...

    def month(
        self, part: Part, entries: Sequence[Outgoing], earlier: Part | None, later: Part | None
    ) -> str:
        """The page of a part of one month of a column, and the parts beside it."""
        ...

    def sources(
        self, tallies: Mapping[str, Tally], ids: Sequence[str], number: int, count: int
    ) -> str:
        """A page of who is read: these sources, those that are in the config no more included;
        it is one of `count`."""
        ...

    def fixed(self) -> Iterable[tuple[str, bytes]]:
        """Files that depend on the settings alone: style.css, notices.html …"""
        ...


class SitePages:
    """Pages by the templates of the site (core/page.py says what each shows)."""

    def __init__(self, settings: Settings, templates: Templates) -> None:
        self._settings, self._templates = settings, templates
        columns, digests = settings.columns, settings.digests
        self._frames = [frame(settings.site, columns, depth, digests) for depth in range(3)]
        self._zone = ZoneInfo(settings.site.timezone)
        self._hidden = {source.id for source in settings.sources if source.noindex}

    def __reduce__(self) -> tuple[type[SitePages], tuple[Settings, Templates]]:
        return SitePages, (self._settings, self._templates)

    def fingerprint(self) -> str:
        return self._templates.fingerprint()

    def _render(self, made: page.Page, template: str = "") -> str:
        name = template or page.TEMPLATES[type(made)]
        return self._templates.render(name, page.context(made))

    def article(self, out: Outgoing, newer: page.Near | None, older: page.Near | None) -> str:
        noindex = out.entry.source in self._hidden
        frame, columns = self._frames[1], self._settings.columns
        return self._render(
            page.article(out, frame, columns, noindex=noindex, previous=newer, next=older)
        )

    def taken_down(self, entry: str) -> str:
        return self._render(page.taken_down(self._frames[1]), "taken-down.html")

    def expired(self, entry: str) -> str:
        return self._render(page.expired(self._frames[1]), "taken-down.html")

    def section(self, column: str, newest: Sequence[Outgoing]) -> str:
        frame = self._frames[0]
        shown = next(c for c in self._settings.columns if c.id == column)
        made = page.section(frame, shown, newest)
        context = {"section": made, "frame": frame, "words": frame.words, "site": frame.site}
        return self._templates.render("section.html", context)

    def front(self, sections: Mapping[str, str]) -> str:
        outermost = [c for c in self._settings.columns if not c.parent]
        return self._render(page.front(self._frames[0], outermost, {}, sections))

    def column(self, id: str, newest: Sequence[Outgoing], months: Sequence[page.PartOf]) -> str:
        columns = self._settings.columns
        return self._render(page.column(self._frames[1], columns, id, newest, months))

    def month(
        self, part: Part, entries: Sequence[Outgoing], earlier: Part | None, later: Part | None
    ) -> str:
        frame, columns = self._frames[2], self._settings.columns
        made = page.month(
            frame, columns, part.column, entries, _place(part), _place(earlier), _place(later)
        )
        return self._render(made)

    def sources(
        self, tallies: Mapping[str, Tally], ids: Sequence[str], number: int, count: int
    ) -> str:
        read = [
            _read(self._settings.source(id), id, tallies.get(id, Tally()), self._zone) for id in ids
        ]
        return self._render(page.sources(self._frames[0], read, number, count))

    def fixed(self) -> Iterator[tuple[str, bytes]]:
        top, settings = self._frames[0], self._settings
        yield "notices.html", self._render(page.notices(top), "notices.html").encode()
        found = page.search(top, search.SHARDS, search.KEEP)
        yield "search.html", self._render(found).encode()
        for name in ("style.css", "feed.css", "search.js"):
            if self._templates.has(name):
                text = self._templates.render(
                    name, {**page.style(settings.site), "words": top.words}
                )
                yield name, text.encode()


@overload
def _place(part: Part) -> page.PartOf: ...
@overload
def _place(part: Part | None) -> page.PartOf | None: ...
def _place(part: Part | None) -> page.PartOf | None:
    return None if part is None else (part.month, part.part)


def _read(configured: Source | None, id: str, tally: Tally, zone: ZoneInfo) -> page.Read:
    source = configured or Source(id)
    return page.Read(
        name=source.name or tally.title or source.id,
        feed=source.url if source.type == "feed" else "",
        url=source.url if source.type == "page" else tally.site,
        entries=tally.entries,
        newest=tally.newest.astimezone(zone).date().isoformat() if tally.newest else "",
        rights=source.rights,
        licence=source.licence,
        permission=source.permission,
        own=source.own,
        former=configured is None,
    )
