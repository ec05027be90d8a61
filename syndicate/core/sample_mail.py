"""Mail templates tried with a made-up entry, so that `check` finds what only rendering shows."""

from __future__ import annotations

from typing import Any

from syndicate.core import message, sample, words
from syndicate.core.message import EditionView
from syndicate.settings import Digest, Settings


def subject(settings: Settings, digest: Digest) -> dict[str, Any]:
    """What a digest's subject is rendered with."""
    view = EditionView("sample", "2026-11-24", digest.title, settings.site.url, 1)
    return {"digest": digest, "edition": view, "site": settings.site}


def contexts(settings: Settings) -> dict[str, dict[str, Any]]:
    """A sample context for each mail template of the configured digests."""
    told = words.of(settings.site.language)
    one = sample.entry(settings.rest.id)
    groups = message.items([one], settings, told, {one.id: [("另一家", "https://other.example/")]})
    found: dict[str, dict[str, Any]] = {}
    for digest in settings.digests or (Digest(id="sample", title="示例"),):
        view = EditionView("sample", "2026-11-24", digest.title, settings.site.url, 1)
        context = message.context(
            settings=settings,
            digest=digest,
            edition=view,
            groups=groups,
            entries=[one],
            words=told,
            web=False,
        )
        found[f"{digest.template}.html"] = context
        found[f"{digest.template}.txt"] = context
    return found
