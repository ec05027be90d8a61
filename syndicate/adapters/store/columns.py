"""What was learned about columns, and from what.

`models`    versions of the learned model, with the figures they had on held-back examples; one
            of them is in use, the others stay to be compared and to go back to
`mappings`  upstream categories that mean one of our columns, learned from editors' moves, visible
`examples`  labelled texts: of files given to `train`; an editor's moves are in `filings`
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syndicate.adapters.store.engine import Instant, Json, insert, metadata
from syndicate.adapters.store.entries import entries
from syndicate.adapters.store.stories import filings

models = sa.Table(
    "models",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("created", Instant, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),  # why it is in use, or is not
    sa.Column("figures", Json, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

mappings = sa.Table(
    "mappings",
    metadata,
    sa.Column("category", sa.String, primary_key=True),
    sa.Column("column", sa.String, nullable=False),
    sa.Column("agree", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("learned", Instant, nullable=False),
)

examples = sa.Table(
    "examples",
    metadata,
    sa.Column("mark", sa.LargeBinary, primary_key=True),  # of title and text
    sa.Column("column", sa.String, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("added", Instant, nullable=False),
    sa.Index("examples_added", "added"),
)


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the model; `figures` as its training measured them."""

    version: int
    created: datetime
    active: bool
    reason: str
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where learning stands: the version in use, the newest, and the moves made since that."""

    active: Version | None
    newest: Version | None
    moves: int


@dataclass(frozen=True, slots=True)
class Mapped:
    """An upstream category and the column that editors put its entries in."""

    category: str
    column: str
    agree: int  # entries moved there
    total: int  # entries moved at all


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and its column; `origin` is "move" for an editor's, "file" for one given."""

    column: str
    title: str
    text: str
    source: str
    origin: str
    categories: tuple[str, ...] = ()
    added: datetime | None = None  # when it was moved or given


def add_model(
    conn: Connection,
    data: bytes,
    figures: Mapping[str, Any],
    now: datetime,
    *,
    active: bool,
    reason: str,
) -> int:
    """Keep a new version of the model; an active one takes the place of the one in use."""
    if active:
        conn.execute(sa.update(models).where(models.c.active).values(active=False))
    row = {
        "created": now,
        "active": active,
        "reason": reason,
        "figures": dict(figures),
        "data": data,
    }
    added = conn.execute(sa.insert(models).values(row).returning(models.c.version))
    return int(added.scalar_one())


def active_model(conn: Connection) -> tuple[Version, bytes] | None:
    """The model in use: what is known of it, and its bytes."""
    query = sa.select(models).where(models.c.active).order_by(models.c.version.desc()).limit(1)
    row = conn.execute(query).first()
    if row is None:
        return None
    known = Version(row.version, row.created, row.active, row.reason, row.figures)
    return known, bytes(row.data)


def standing(conn: Connection, tried: datetime | None = None) -> Standing:
    """Where learning stands; `tried` is when it was last tried, if no version came of it."""
    known = versions(conn)
    times = [*(version.created for version in known[:1]), *([tried] if tried else [])]
    active = next((version for version in known if version.active), None)
    return Standing(active, next(iter(known), None), count_moves(conn, max(times, default=None)))


def versions(conn: Connection) -> list[Version]:
    """All versions, newest first, without their bytes: cheap enough to ask at every look."""
    columns = [models.c[name] for name in ("version", "created", "active", "reason", "figures")]
    rows = conn.execute(sa.select(*columns).order_by(models.c.version.desc()))
    return [Version(*row) for row in rows]


def forget_models(conn: Connection, keep: int) -> None:
    """Drop all but the newest `keep` versions and the one in use."""
    newest = sa.select(models.c.version).order_by(models.c.version.desc()).limit(keep)
    kept = set(conn.execute(newest).scalars())
    conn.execute(sa.delete(models).where(~models.c.active, models.c.version.not_in(kept)))


def set_mappings(conn: Connection, learned: Iterable[Mapped], now: datetime) -> None:
    """Replace the learned mapping as a whole."""
    conn.execute(sa.delete(mappings))
    rows = [
        {"category": m.category, "column": m.column, "agree": m.agree, "total": m.total,
         "learned": now}
        for m in learned
    ]  # fmt: skip
    if rows:
        conn.execute(sa.insert(mappings), rows)


def mapping(conn: Connection) -> list[Mapped]:
    """The learned mapping, by category."""
    columns = [mappings.c[name] for name in ("category", "column", "agree", "total")]
    return [Mapped(*row) for row in conn.execute(sa.select(*columns).order_by("category"))]


def mapped(conn: Connection) -> dict[str, str]:
    """Upstream category to column, as `classify.prepare` takes it."""
    return {one.category: one.column for one in mapping(conn)}


def add_examples(conn: Connection, given: Iterable[Labelled], now: datetime) -> int:
    """Keep labelled texts; the same text given again takes its new column. How many there were."""
    rows = {}
    for one in given:
        mark = hashlib.sha256(f"{one.title}\0{one.text}".encode("utf-8", "replace")).digest()[:16]
        rows[mark] = {"mark": mark, "column": one.column, "title": one.title, "text": one.text,
                      "source": one.source, "added": now}  # fmt: skip
    if rows:
        statement = insert(conn, examples)
        changed = {name: statement.excluded[name] for name in ("column", "source", "added")}
        other = examples.c.column != statement.excluded.column
        statement = statement.on_conflict_do_update(
            index_elements=["mark"], set_=changed, where=other
        )
        conn.execute(statement, list(rows.values()))
    return len(rows)


def labelled(conn: Connection, limit: int = 20_000) -> list[Labelled]:
    """All labelled texts, editors' moves first, oldest first within each; the newest `limit`.

    Of a story that was moved its lead alone, with the categories of all: the others are the same
    text, and one of them held back would be known by heart.
    """
    moved = conn.execute(
        sa.select(
            filings.c.column,
            filings.c.at,
            entries.c.story,
            entries.c.title,
            entries.c.content_text,
            entries.c.summary,
            entries.c.source,
            entries.c.categories,
            entries.c.breadcrumb,
        )
        .join(entries, entries.c.id == filings.c.entry)
        .order_by(filings.c.at.desc(), entries.c.lead.desc(), filings.c.entry)
        .limit(limit)
    )
    stories: dict[str, Labelled] = {}
    for row in moved:
        names = (*row.categories, *row.breadcrumb)
        if (known := stories.get(row.story)) is not None:
            stories[row.story] = replace(known, categories=(*known.categories, *names))
            continue
        stories[row.story] = Labelled(
            row.column, row.title, row.content_text or row.summary, row.source, "move", names,
            row.at,
        )  # fmt: skip
    found = list(stories.values())
    given = conn.execute(
        sa.select(examples)
        .order_by(examples.c.added.desc(), examples.c.mark)
        .limit(limit - len(found))
    )
    found.reverse()
    texts = [
        Labelled(row.column, row.title, row.text, row.source, "file", (), row.added)
        for row in given
    ]  # fmt: skip
    return found + texts[::-1]


def count_moves(conn: Connection, since: datetime | None = None) -> int:
    """How many stories editors have moved since a moment; the daemon trains after some of them."""
    # Not a join, which SQLite would begin with all entries; it is asked at every look
    story = sa.select(entries.c.story).where(entries.c.id == filings.c.entry).scalar_subquery()
    query = sa.select(sa.func.count(sa.distinct(story))).select_from(filings)
    if since is not None:
        query = query.where(filings.c.at > since)
    return int(conn.execute(query).scalar_one())


def unlabelled(conn: Connection, limit: int) -> list[tuple[str, str]]:
    """Title and text of the newest entries that no editor has moved."""
    query = (
        sa.select(entries.c.title, entries.c.content_text, entries.c.summary)
        .outerjoin(filings, entries.c.id == filings.c.entry)
        .where(filings.c.entry.is_(None), entries.c.status == "published", entries.c.lead)
        .order_by(entries.c.sort_at.desc(), entries.c.id)
        .limit(limit)
    )
    return [(row.title, row.content_text or row.summary) for row in conn.execute(query)]
