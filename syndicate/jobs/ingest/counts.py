"""What came of the entries of a run, and how they are filed; light, for runs that bring nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields

from syndicate.model import Entry, Filed
from syndicate.settings import Source

File = Callable[[Entry, Source, str | None, str | None], Filed]  # moved to, stated column


@dataclass
class Counts:
    """What came of the entries of a run."""

    received: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    held: int = 0
    columns: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)
    arrivals: int = 0

    def add(self, more: Counts) -> None:
        """Count what came of another document too."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(more, each.name))
