"""What publishing asks of the pages: a seam, so that feeds do not know how pages are made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from syndicate.core.outgoing import Outgoing


class Pages(Protocol):
    """Values in, HTML out. Raises TemplateError where an operator's template is broken."""

    def fingerprint(self) -> str:
        """Changes whenever the same entry would give another page."""
        ...

    def article(self, out: Outgoing) -> str:
        """An entry's own page."""
        ...

    def taken_down(self, entry: str) -> str:
        """The page of an entry that was taken down: without its title or text."""
        ...

    def listing(self, column: str, newest: Sequence[Outgoing]) -> str:
        """The page of a column, "" for the front page."""
        ...

    def fixed(self) -> Iterable[tuple[str, bytes]]:
        """Files that depend on the settings alone: style.css, notices.html, sources.html …"""
        ...
