"""The pages as templates make them: what `publish` asks of `Pages`, from core/page and Jinja2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from syndicate.adapters.templates import Templates
from syndicate.core import page, search, words
from syndicate.core.frame import Frame, frame
from syndicate.core.outgoing import Outgoing
from syndicate.core.page import EditionLink, Page, Read
from syndicate.settings import Digest, Settings, Source

_LEAD = 5  # of each column on the front page


class Theme:
    """Values in, HTML out. `titles` are what sources call themselves, `counts` their entries."""

    def __init__(
        self,
        templates: Templates,
        settings: Settings,
        titles: Mapping[str, str] | None = None,
    ) -> None:
        self.templates, self.settings = templates, settings
        self.titles = titles or {}
        self._noindex = {s.id for s in settings.sources if s.noindex}
        self._frames: dict[int, Frame] = {}

    def fingerprint(self) -> str:
        """Changes whenever the same entry would give another page."""
        return self.templates.fingerprint() + repr(sorted(self.titles.items()))

    def article(self, out: Outgoing) -> str:
        made = page.article(
            out,
            self.frame(1),
            self.settings.columns,
            noindex=out.entry.source in self._noindex,
        )
        return self._page("article.html", made)

    def taken_down(self, entry: str) -> str:
        return self._taken_down()

    @lru_cache(maxsize=1)  # noqa: B019 - a Theme lives as long as its run
    def _taken_down(self) -> str:
        return self._page("taken-down.html", page.taken_down(self.frame(1)))

    def listing(self, column: str, newest: Sequence[Outgoing], months: Sequence[str] = ()) -> str:
        """The page of a column with links to its months, or the front page."""
        columns = self.settings.columns
        if not column:
            return self.front(by_column(newest, self.settings))
        made = page.column(self.frame(1), columns, column, newest, months)
        return self._page("column.html", made)

    def front(self, newest: Mapping[str, Sequence[Outgoing]]) -> str:
        """The front page: each column's newest few."""
        cut = {column: found[:_LEAD] for column, found in newest.items()}
        return self._page("index.html", page.front(self.frame(0), self.settings.columns, cut))

    def month(
        self, column: str, entries: Sequence[Outgoing], months: Sequence[str], month: str
    ) -> str:
        """COLUMN/archive/YYYY-MM.html."""
        columns = self.settings.columns
        made = page.month(self.frame(2), columns, column, entries, months, month)
        return self._page("column.html", made)

    def editions(self, digest: Digest, editions: Sequence[EditionLink]) -> str:
        """editions/DIGEST/index.html."""
        return self._page("editions.html", page.edition_index(self.frame(2), digest, editions))

    def fixed(self) -> Iterator[tuple[str, bytes]]:
        """Files that depend on the settings alone."""
        root = self.frame(0)
        colours = page.style(self.settings.site) | {"words": words.of(self.settings.site.language)}
        yield "style.css", self.templates.render("style.css", colours).encode()
        yield "feed.css", self.templates.render("feed.css", colours).encode()
        yield "search.js", self.templates.render("search.js", {}).encode()
        yield "notices.html", self._bytes("notices.html", page.notices(root))
        yield "sources.html", self._bytes("sources.html", page.sources(root, self._read()))
        found = page.search(root, search.SHARDS, search.SHARDS * search.KEEP)
        yield "search.html", self._bytes("search.html", found)

    def frame(self, depth: int) -> Frame:
        """What pages so many folders deep share; one value each, so that its parts are kept."""
        if depth not in self._frames:
            settings = self.settings
            self._frames[depth] = frame(settings.site, settings.columns, depth, settings.digests)
        return self._frames[depth]

    def _page(self, template: str, made: Page) -> str:
        return self.templates.render(template, page.context(made))

    def _bytes(self, template: str, made: Page) -> bytes:
        return self._page(template, made).encode("utf-8", "replace")

    def _read(self) -> list[Read]:
        return [self._source(source) for source in self.settings.sources]

    def _source(self, source: Source) -> Read:
        site = self.settings.site
        host = urlsplit(source.url).hostname or ""
        address = f"{urlsplit(source.url).scheme}://{host}/" if host else ""
        own = source.own
        return Read(
            name=source.name
            or self.titles.get(source.id, "")
            or (site.name if own else host)
            or source.id,
            url=site.url if own else address,
            feed=source.url if source.type == "feed" and not own else "",
            rights=source.rights,
            licence=source.licence,
            permission=source.permission,
            own=own,
        )


def by_column(newest: Sequence[Outgoing], settings: Settings) -> dict[str, list[Outgoing]]:
    """The site's newest by their outermost column, in the order of the config."""
    from syndicate.core.sections import lineage

    found: dict[str, list[Outgoing]] = {}
    for out in newest:
        line = lineage(settings.columns, out.entry.column)
        if line:
            found.setdefault(line[0].id, []).append(out)
    return found
