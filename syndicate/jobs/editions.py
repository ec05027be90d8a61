"""The pages of editions: each public edition as a page, an index and a feed a digest.

Written with the edition, and again when something in it was taken down or the look changed; an
edition that is on hold or was rejected has no page. A page keeps its address, and what is taken
down goes from it, whatever became of its digest: another schedule, no longer public, no longer
in the config.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from feedgen.feed import FeedGenerator
from sqlalchemy.engine import Connection

from syndicate.adapters.disk import Disk
from syndicate.adapters.store import editions as edition_store
from syndicate.adapters.store import entries, published, turn
from syndicate.adapters.store.editions import Edition
from syndicate.adapters.store.engine import Database
from syndicate.core import editions as showing
from syndicate.core import page
from syndicate.core.frame import frame
from syndicate.core.plaintext import xml_text
from syndicate.errors import TemplateError
from syndicate.model import EditionState, Entry, Status
from syndicate.settings import Digest, Settings

KIND = "edition"
_IN_FEED = 20
_IN_INDEX = 400
_DIGEST, _NAME = "digest:", "page-of:"  # what a digest was called, and the page of an edition
_SHOWN = frozenset({EditionState.SENDING, EditionState.SENT})


@dataclass
class Written:
    """How many files of editions were written, and how many were right already."""

    written: int = 0
    unchanged: int = 0
    errors: list[TemplateError] = field(default_factory=list)


def publish_editions(
    db: Database, settings: Settings, templates: showing.Renderer, look: str,
    stop: Callable[[], bool] = lambda: False, *, rebuild: bool = False,
) -> Written:  # fmt: skip
    """Bring the pages of all public editions up to date; `look` stands for templates and config.

    With `rebuild` those too that should be right already.
    """
    done = Written()
    disk = Disk(settings.storage.output)
    with turn.publishing(db, stop), db.begin() as conn:
        for digest in (*settings.digests, *_former(conn, settings)):
            try:
                _Pages(conn, disk, settings, templates, look, digest, done, rebuild).publish()
            except TemplateError as error:  # what there is stays; other digests go on
                done.errors.append(error)
    return done


def _former(conn: Connection, settings: Settings) -> list[Digest]:
    """Digests that are no more in the config, as far as their pages need them."""
    known = {digest.id for digest in settings.digests}
    kept = published.values(conn, _DIGEST)
    ids = (id for id in edition_store.enrolled(conn) if id not in known)
    titles = {id: kept.get(_DIGEST + id, id) for id in ids}
    return [Digest(id, title=title, public=False) for id, title in titles.items()]


@dataclass
class _Pages:
    conn: Connection
    disk: Disk
    settings: Settings
    templates: showing.Renderer
    look: str
    digest: Digest
    done: Written
    rebuild: bool = False
    names: dict[str, str] = field(default_factory=dict)  # edition to the name of its page

    def publish(self) -> None:
        known = edition_store.of_digest(self.conn, self.digest.id)
        shown = [edition for edition in known if edition.state in _SHOWN and edition.public]
        if not shown and not self.digest.public:
            return
        kept = published.values(self.conn, f"{_NAME}{self.digest.id}-")
        self.names = {edition.id: self._name(edition, kept) for edition in shown}
        changed = False
        bodies: dict[str, str] = {}
        for edition in shown:
            body = self._page(edition)
            changed = changed or body is not None
            if body is not None:
                bodies[edition.id] = body
        folder = f"editions/{self.digest.id}"
        index = published.files_at(self.conn, [f"{folder}/index.html"])
        look = f"{self.look}:{len(shown)}"
        name = f"editions:{self.digest.id}"
        there = index and self.disk.exists(f"{folder}/index.html")
        if not changed and there and published.value(self.conn, name) == look:
            self.done.unchanged += 2
            return
        self._write(f"{folder}/index.html", self._index(shown).encode())
        self._write(f"{folder}/atom.xml", self._feed(shown, bodies))
        published.set_value(self.conn, name, look)
        published.set_value(self.conn, _DIGEST + self.digest.id, self.digest.title)

    def _page(self, edition: Edition) -> str | None:
        """The edition's page where it is to be written; None where it is right already."""
        ids = edition_store.entries_of(self.conn, edition.id)
        states = self._states(ids)
        mark = hashlib.blake2b(f"{self.look}{states}".encode(), digest_size=16).hexdigest()
        name, path = f"edition:{edition.id}", self._path(edition)
        right = published.value(self.conn, name) == mark and self.disk.exists(path)
        if right and not self.rebuild:
            self.done.unchanged += 1
            return None
        body = self._render(edition, ids)
        self._write(path, body.encode())
        published.set_value(self.conn, name, mark)
        published.set_said(self.conn, path, self._said(ids))
        return body

    def _states(self, ids: Sequence[str]) -> list[str]:
        found = entries.get_many(self.conn, ids)
        return [f"{id}:{found[id].status.value if id in found else 'gone'}" for id in ids]

    def _path(self, edition: Edition) -> str:
        return f"editions/{self.digest.id}/{self.names[edition.id]}.html"

    def _name(self, edition: Edition, kept: Mapping[str, str]) -> str:
        """As its page was named at first."""
        name = kept.get(_NAME + edition.id)
        if not name:
            name = showing.page_name(edition.local, self.digest)
            published.set_value(self.conn, _NAME + edition.id, name)
        return name

    def _render(self, edition: Edition, ids: Sequence[str]) -> str:
        kept = self._kept(ids)
        return showing.render(
            self.settings,
            self.digest,
            edition.id,
            edition.local,
            kept,
            self.settings.site.language,
            self.templates,
            also=self._also(kept),
            web=True,
            removed=len(ids) - len(kept),
        ).html

    def _said(self, ids: Sequence[str]) -> dict[str, Any]:
        kept = self._kept(ids)
        return showing.said(self.settings, kept, self.settings.site.language, self._also(kept))

    def _kept(self, ids: Sequence[str]) -> list[Entry]:
        """Those that are still published, in the order of the edition."""
        found = entries.get_many(self.conn, ids)
        selection = [found[id] for id in ids if id in found]
        return [entry for entry in selection if entry.status is Status.PUBLISHED]

    def _also(self, kept: Sequence[Entry]) -> Mapping[str, Sequence[tuple[str, str | None]]]:
        members = entries.of_story(self.conn, [entry.story for entry in kept])
        return showing.also(kept, members, self.settings)

    def _index(self, shown: Sequence[Edition]) -> str:
        made = frame(self.settings.site, self.settings.columns, 2, self.settings.digests)
        links = [
            page.EditionLink(
                date=edition.date,
                title=edition.title,
                url=f"{self.names[edition.id]}.html",
                items=len(edition_store.entries_of(self.conn, edition.id)),
            )
            for edition in shown[:_IN_INDEX]
        ]
        return self.templates.render(
            "editions.html", page.context(page.edition_index(made, self.digest, links))
        )

    def _feed(self, shown: Sequence[Edition], bodies: Mapping[str, str]) -> bytes:
        """A feed of the editions, each whole, so that it can be read instead of the mail."""
        site = self.settings.site
        home = f"{site.url}editions/{self.digest.id}/"
        made = FeedGenerator()
        made.id(home)
        made.title(xml_text(f"{self.digest.title} · {site.name}"))
        made.link(href=home, rel="alternate")
        made.link(href=f"{home}atom.xml", rel="self")
        made.author(name=xml_text(site.name))
        made.language(site.language)
        made.updated(max((edition.composed for edition in shown), default=_EPOCH))
        for edition in shown[:_IN_FEED]:
            body = bodies.get(edition.id) or self._render(
                edition, edition_store.entries_of(self.conn, edition.id)
            )
            self._add(made, edition, home, body)
        atom: bytes = made.atom_str(pretty=True)
        return atom

    def _add(self, made: Any, edition: Edition, home: str, body: str) -> None:
        entry = made.add_entry(order="append")
        url = f"{home}{self.names[edition.id]}.html"
        entry.id(url)
        entry.title(xml_text(edition.title) or edition.date)
        entry.link(href=url, rel="alternate")
        entry.published(edition.composed)
        entry.updated(edition.composed)
        entry.content(xml_text(showing.body(body)), type="html")

    def _write(self, path: str, data: bytes) -> None:
        if self.disk.write(path, data):
            self.done.written += 1
        else:
            self.done.unchanged += 1
        published.save_files(self.conn, [published.placed(path, data, KIND)])


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
