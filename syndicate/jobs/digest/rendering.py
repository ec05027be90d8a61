"""An edition's entries as mail: what the store knows of their stories goes in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from syndicate.adapters.store import entries
from syndicate.adapters.store.editions import Edition
from syndicate.core import editions
from syndicate.core.editions import Renderer
from syndicate.core.mime import Rendered
from syndicate.model import Entry
from syndicate.settings import Digest, Settings


def render(
    conn: Connection,
    settings: Settings,
    digest: Digest,
    edition: Edition,
    selection: Sequence[Entry],
    language: str,
    templates: Renderer,
) -> Rendered:
    members = entries.of_story(conn, [entry.story for entry in selection])
    return editions.render(
        settings,
        digest,
        edition.id,
        edition.local,
        selection,
        language,
        templates,
        also=editions.also(selection, members, settings),
    )
