"""JSON Feed 1.1: one line an item, so that fragments can be joined and found again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from syndicate.core import content, feed_rights, pictures
from syndicate.core.outgoing import Outgoing, href, iri, line

if TYPE_CHECKING:
    from syndicate.core.feed import Channel

_ABOUT = "https://www.jsonfeed.org/version/1.1/#extensions"
_OPEN, _CLOSE = b'"items": [\n', b"\n]}\n"
_KEPT = ("source", "rights", "licence", "via", "also", "notices", "editor",
         "original_id", "original_title", "published", "updated", "editor_of_record", "labels",
         "not_before", "expires")  # fmt: skip


def item(out: Outgoing) -> bytes:
    """One item, on one line."""
    said = out.said
    entry = out.entry
    fields: dict[str, Any] = {
        "id": iri(out),
        "url": out.main_link,
        "external_url": out.original if out.original != out.main_link else None,
        "title": out.title,
        "content_html": content.whole(out),
        "summary": content.summary(out) or None,
        "image": href(pictures.address(out, entry.thumbnail)),
        "date_published": out.published.isoformat() if out.published else None,
        "date_modified": out.modified.isoformat() if out.modified else None,
        "authors": [author(p) for p in said["authors"]],
        "tags": list(dict.fromkeys(filter(None, map(line, entry.categories)))),
        "language": entry.language or None,
        "attachments": [_attachment(e) for e in pictures.enclosures(out) if href(e.url)],
    }
    fields = {name: value for name, value in fields.items() if value}
    fields["_syndicate"] = {name: said[name] for name in _KEPT} | feed_rights.members(out)
    return _dump(fields)


def author(person: dict[str, Any]) -> dict[str, str]:
    """An author object: an address by mail stands as `mailto:` where there is no other."""
    url = person["url"] or (f"mailto:{person['email']}" if person["email"] else None)
    return {"name": person["name"], **({"url": url} if url else {})}


def _attachment(enclosure: Any) -> dict[str, Any]:
    found = {
        "url": href(enclosure.url),
        "mime_type": content.mime(enclosure.type),
        "title": line(enclosure.title or ""),
        "size_in_bytes": enclosure.length,
    }
    return {name: value for name, value in found.items() if value}


def document(channel: Channel, parts: Sequence[bytes]) -> bytes:
    """The feed of these items. It names no author of its own: JSON Feed 1.1 has items that name
    none inherit it, and we wrote none of them."""
    head: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": channel.home_url,
        "feed_url": channel.url,
        "description": channel.description,
        "language": channel.language,
        "_syndicate": {"about": _ABOUT, "id": channel.id},
    }
    if channel.hubs:
        head["hubs"] = [{"type": "WebSub", "url": hub} for hub in channel.hubs]
    opened = _dump(head).removesuffix(b"}") + b", "
    return opened + _OPEN + b",\n".join(parts) + _CLOSE


def split(document: bytes) -> list[bytes]:
    body = document[document.index(_OPEN) + len(_OPEN) : document.rindex(_CLOSE)]
    return body.split(b",\n") if body else []


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
