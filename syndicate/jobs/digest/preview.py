"""The next edition as a subscriber would get it; nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from syndicate.adapters.store import editions as edition_store
from syndicate.adapters.store import entries, subscribers
from syndicate.adapters.store.editions import Edition
from syndicate.adapters.store.engine import Database
from syndicate.core import edition as editing
from syndicate.core import mime, schedule, subscription, urls
from syndicate.core.editions import Renderer
from syndicate.jobs.digest.composing import candidates
from syndicate.jobs.digest.rendering import render
from syndicate.model import EditionState, Subscriber, SubscriberState
from syndicate.settings import Digest, Settings


@dataclass(frozen=True, slots=True)
class Preview:
    """An edition as a subscriber would get it."""

    html: str
    text: str
    message: bytes
    entries: int
    recipients: int


def preview(
    db: Database,
    settings: Settings,
    digest: Digest,
    templates: Renderer,
    secret: bytes,
    now: datetime,
    sign: Callable[[bytes], bytes] | None = None,
) -> Preview:
    """The very message that the first subscriber would get, with all entries; nothing is stored.

    Without subscribers it is addressed to a made-up reader.
    """
    local = schedule.of_day(digest.schedule, digest.timezone, now)
    id = editing.edition_id(digest.id, local)
    with db.read() as conn:
        known = edition_store.edition(conn, id)
        if known is not None:
            ids = edition_store.entries_of(conn, id)
            found = entries.get_many(conn, ids)
            selection = [found[i] for i in ids if i in found]
        else:
            selection = list(editing.choose(candidates(conn, settings, digest, now), digest, now))
        edition = known or _unmade(id, digest, local, now)
        rendered = render(
            conn, settings, digest, edition, selection, settings.site.language, templates
        )
        people = [p for p in subscribers.confirmed(conn) if subscription.wants(p, digest)]
    person = people[0] if people else _nobody(settings)
    to = mime.addressed(
        settings,
        secret,
        subscriber=person.id,
        salt=person.token_salt,
        email=person.email,
        name=person.name,
        message_id=mime.message_id(edition.id, person.id, secret, settings.site),
        date=edition.due if edition.due <= now else now,
        edition=edition.id,
    )
    built = mime.build(rendered, to, settings)
    html, text = mime.shown(rendered, to)
    return Preview(html, text, sign(built) if sign else built, len(selection), len(people))


def _nobody(settings: Settings) -> Subscriber:
    host = urls.host(settings.site.url) or "localhost"
    return Subscriber("preview", f"reader@{host}", SubscriberState.CONFIRMED)


def _unmade(id: str, digest: Digest, local: datetime, now: datetime) -> Edition:
    return Edition(
        id=id,
        digest=digest.id,
        number=0,
        local=local,
        due=schedule.instant(local, digest.timezone),
        composed=now,
        state=EditionState.SENDING,
        reason="",
        title="",
        public=digest.public,
        recipients=0,
    )
