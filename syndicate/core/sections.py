"""The tree of columns: where an entry of a column is shown besides it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from syndicate.settings import Column


def lineage(columns: Sequence[Column], id: str) -> tuple[Column, ...]:
    """A column with its parents, outermost first; () for an unknown one."""
    known = {column.id: column for column in columns}
    path: list[Column] = []
    while id in known and known[id] not in path:
        path.insert(0, known[id])
        id = known[id].parent
    return tuple(path)


def places(columns: Sequence[Column], ids: Iterable[str]) -> tuple[str, ...]:
    """The columns that an entry of these columns stands in: they and all their parents."""
    found = [column.id for id in ids for column in reversed(lineage(columns, id))]
    return tuple(dict.fromkeys(found))


def within(columns: Sequence[Column], id: str) -> tuple[str, ...]:
    """A column and everything under it."""
    return tuple(c.id for c in columns if any(p.id == id for p in lineage(columns, c.id)))
