"""An edition rendered: as mail for those who share a selection, and as its page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from syndicate.core import message, schedule, words
from syndicate.core.message import EditionView
from syndicate.core.mime import Rendered
from syndicate.errors import TemplateError
from syndicate.model import Entry, Status
from syndicate.settings import Digest, Settings

Also = Mapping[str, Sequence[tuple[str, str | None]]]
_SHEET = re.compile(r"<style>.*?</style>", re.S)
_BODY = re.compile(r"<body[^>]*>(.*)</body>", re.S)


class Renderer(Protocol):
    """What renders templates."""

    def render(self, name: str, context: Mapping[str, Any] | object) -> str: ...

    def render_text(self, source: str, context: Mapping[str, Any]) -> str: ...


def page_name(local: datetime, digest: Digest) -> str:
    """The name of an edition's page: its local date, with the time where a day has several."""
    once = schedule.is_once_a_day(digest.schedule)
    return local.strftime("%Y-%m-%d" if once else "%Y-%m-%dT%H%M")


def view(
    settings: Settings, digest: Digest, id: str, local: datetime, count: int, templates: Renderer
) -> EditionView:
    """What templates know of an edition; its title is the subject."""
    url = f"{settings.site.url}editions/{digest.id}/{page_name(local, digest)}.html"
    made = EditionView(id, local.date().isoformat(), digest.title, url, count)
    context = {"digest": digest, "edition": made, "site": settings.site}
    try:
        return replace(made, title=templates.render_text(digest.subject, context))
    except TemplateError as error:
        raise TemplateError(f"the subject of {digest.id}: {error.what}") from error


def render(
    settings: Settings,
    digest: Digest,
    id: str,
    local: datetime,
    selection: Sequence[Entry],
    language: str,
    templates: Renderer,
    *,
    also: Also,
    web: bool = False,
    removed: int = 0,
) -> Rendered:
    """A selection of entries as mail (`web`: as the edition's page)."""
    told = words.of(language)
    groups = message.items(selection, settings, told, also)
    shown = view(settings, digest, id, local, len(selection), templates)
    context = message.context(
        settings=settings,
        digest=digest,
        edition=shown,
        groups=groups,
        entries=selection,
        words=told,
        web=web,
        removed=removed,
    )
    html = templates.render(f"{digest.template}.html", context)
    if not web:
        html = message.fitted(message.inline(html), shown.url, told)
    text = "" if web else templates.render(f"{digest.template}.txt", context)
    return Rendered(
        subject=shown.title,
        html=html,
        text=text,
        language=language,
        text_only=False,
        digest=digest.id,
        digest_title=digest.title,
        kind="digest",
        public=digest.public,
    )


def also(
    selection: Sequence[Entry], members: Mapping[str, Sequence[Entry]], settings: Settings
) -> dict[str, list[tuple[str, str | None]]]:
    """The other members of the stories, for 另见: who carried it, and our page of it."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    for entry in selection:
        others = [
            (_hand(other), f"{settings.site.url}articles/{other.id}.html")
            for other in members.get(entry.story, ())
            if other.id != entry.id and other.status is Status.PUBLISHED
        ]
        found[entry.id] = list(dict.fromkeys(others))
    return found


def _hand(entry: Entry) -> str:
    via = entry.attribution.via
    if via and via[-1].name:
        return via[-1].name
    return entry.attribution.source.name or entry.source


def said(
    settings: Settings, selection: Sequence[Entry], language: str, also: Also
) -> dict[str, dict[str, Any]]:
    """What an edition says of each entry, for the record: title, rows of attribution, notices."""
    groups = message.items(selection, settings, words.of(language), also)
    return {
        item.id: {
            "title": item.title,
            "rows": [[row.kind, [list(part) for part in row.parts]] for row in item.rows],
            "notices": list(item.notices),
        }
        for group in groups
        for item in group.items
    }


def body(page: str) -> str:
    """The body of an edition's page, for its feed: no head, no style sheet."""
    match = _BODY.search(_SHEET.sub("", page))
    return match[1].strip() if match else page
