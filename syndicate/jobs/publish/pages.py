"""What publishing asks of the pages: a seam, so that feeds do not know how pages are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from syndicate.adapters.templates import Templates
from syndicate.core import page, search
from syndicate.core.frame import frame
from syndicate.core.outgoing import Outgoing
from syndicate.settings import Settings, Source

Told = Mapping[str, tuple[str, str]]


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

    def column(self, id: str, newest: Sequence[Outgoing], months: Sequence[str]) -> str:
        """The page of a column; `months` are those of its archive, newest first."""
        ...

    def month(self, id: str, entries: Sequence[Outgoing], months: Sequence[str], month: str) -> str:
        """The page of one month of a column."""
        ...

    def sources(self, told: Told) -> str:
        """The page of who is read; `told` is what each source says of itself: title and site."""
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

    def column(self, id: str, newest: Sequence[Outgoing], months: Sequence[str]) -> str:
        columns = self._settings.columns
        return self._render(page.column(self._frames[1], columns, id, newest, months))

    def month(self, id: str, entries: Sequence[Outgoing], months: Sequence[str], month: str) -> str:
        columns = self._settings.columns
        return self._render(page.month(self._frames[2], columns, id, entries, months, month))

    def sources(self, told: Told) -> str:
        read = [_read(source, *told.get(source.id, ("", ""))) for source in self._settings.sources]
        return self._render(page.sources(self._frames[0], read))

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


def _read(source: Source, title: str, site: str) -> page.Read:
    return page.Read(
        name=source.name or title or source.id,
        feed=source.url if source.type == "feed" else "",
        url=source.url if source.type == "page" else site,
        rights=source.rights,
        licence=source.licence,
        permission=source.permission,
        own=source.own,
    )
