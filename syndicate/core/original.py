"""An entry beside the page that it says is its original. Runs in a worker process."""

from __future__ import annotations

from collections.abc import Sequence

from syndicate.core import compare, fulltext, urls
from syndicate.core.compare import Compared, Side
from syndicate.core.fulltext import Fetched
from syndicate.model import Entry
from syndicate.settings import Source


def address(entry: Entry, source: Source | None) -> str | None:
    """Where an entry's original is; None for our own articles, and where nobody knows."""
    if source is not None and source.own:
        return None
    link = entry.attribution.original_url or entry.url
    return link if urls.is_web(link) else None


def ours(entry: Entry) -> Side:
    """What we hold of an entry, to be compared."""
    said = entry.attribution
    authors = tuple(person.name for person in said.authors if person.name)
    return Side(entry.title, authors, said.published, entry.content_text, said.original_title)


def compared(
    held: Side, page: Fetched, zone: str, shorten_titles: bool, notices: Sequence[str]
) -> Compared:
    """What differs between what we hold and a page. Raises ParseError where it shows no article."""
    parsed, _ = fulltext.on_page(page)
    return compare.compare(
        held,
        fulltext.side(parsed, page.url),
        zone=zone,
        shorten_titles=shorten_titles,
        notices=notices,
    )
