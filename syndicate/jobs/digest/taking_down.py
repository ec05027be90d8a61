"""What is taken down leaves no more by mail, and whoever got it is told, where that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from syndicate.adapters.store import editions as edition_store
from syndicate.adapters.store import entries, outbox
from syndicate.adapters.store.engine import Database
from syndicate.core import message, mime, textpart, words
from syndicate.core.editions import Renderer
from syndicate.errors import TemplateError
from syndicate.jobs.digest.rendering import render
from syndicate.model import EditionState, Entry
from syndicate.settings import Settings


def withdraw(db: Database, settings: Settings, templates: Renderer, now: datetime) -> int:
    """Render unsent variants again without what is no longer published; drop what is empty.

    How many variants changed. Run before every delivery, so that a retraction holds in any
    crash order.
    """
    changed = 0
    with db.begin() as conn:
        for variant in outbox.unsent_variants(conn):
            found = entries.get_many(conn, variant.entries)
            kept = [found[id] for id in variant.entries if id in found and found[id].is_out(now)]
            if len(kept) == len(variant.entries):
                continue
            changed += 1
            outbox.keep_what_was_sent(conn, variant)
            edition = edition_store.edition(conn, variant.edition)
            digest = next((d for d in settings.digests if edition and d.id == edition.digest), None)
            if not kept or edition is None or digest is None:
                outbox.drop(conn, variant.id, now, "everything in it was taken down")
                # Without text: whoever has claimed a message of it does not send it either
                outbox.add_variants(conn, [replace(variant, entries=(), html="", text="")])
                continue
            try:
                rendered = render(
                    conn, settings, digest, edition, kept, variant.language, templates
                )
            except TemplateError as error:  # it must not leave as it is
                why = f"without what was taken down it cannot be rendered: {error}"
                edition_store.set_edition(conn, edition.id, EditionState.HELD, why)
                continue
            outbox.add_variants(
                conn,
                [
                    replace(
                        variant,
                        entries=tuple(entry.id for entry in kept),
                        subject=rendered.subject,
                        html="" if variant.text_only else rendered.html,
                        text=rendered.text,
                    )
                ],
            )
    return changed


def correct(
    db: Database, settings: Settings, taken_down: Sequence[Entry], secret: bytes, now: datetime
) -> int:
    """Queue a correction for everybody who was mailed one of these entries; how many."""
    queued = 0
    with db.begin() as conn:
        for entry in taken_down:
            for who, email, edition, language in list(outbox.mailed(conn, entry.id)):
                told = words.of(language or settings.site.language)
                known = edition_store.edition(conn, edition)
                digest = next(
                    (d.title for d in settings.digests if known and d.id == known.digest), ""
                )
                key = f"correction-{entry.id}"
                outbox.add_letter(
                    conn,
                    key=key,
                    subscriber=who,
                    email=email,
                    subject=told.correction.format(title=settings.site.name),
                    text=_correction(entry, told, digest, settings),
                    language=told.language,
                    message_id=mime.message_id(key, who, secret, settings.site),
                    now=now,
                )
                queued += 1
    return queued


def _correction(entry: Entry, told: words.Words, digest: str, settings: Settings) -> str:
    lines = (
        textpart.wrap(told.correction_text.format(digest=digest)),
        "",
        textpart.wrap(entry.title, "  ", "  "),
        f"  {entry.url}" if entry.url else "",
        "",
        "-- ",
        *message.profile(settings.site, told),
    )
    return "\n".join(lines) + "\n"
