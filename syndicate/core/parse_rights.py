"""What a feed's elements forbid and reserve, and what they say of pictures beside the text.

Of one element (an item, an entry, a channel, the root) its children by name, as `parse_xml.Fields`
has them: `xhtml:meta`, `access:restriction` (Bloglines, Feed Access Control 1.0), elements of ODRL
2 and RSL 1.0, links to policies; Media RSS for pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lxml import etree

from syndicate.core import terms
from syndicate.core.plaintext import plain
from syndicate.model import Picture, Terms

Element = Any  # lxml has no types
Children = Mapping[str, Sequence[Element]]
Join = Callable[[str | None], str | None]

# Namespaces of policies that may stand in a feed: ODRL 2, RightsML's first examples, RSL 1.0
POLICIES = (
    "http://www.w3.org/ns/odrl/2/",
    "http://w3.org/ns/odrl/2",
    "https://rslstandard.org/rsl",
)
_MEDIA = "http://search.yahoo.com/mrss"
_SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif")


# What nearly all elements of nearly all feeds are, none of which states terms
NONE = frozenset(
    {
        "title", "link", "guid", "pubDate", "description", "category", "author", "source",
        "enclosure", "comments", "content:encoded", "dc:creator", "dc:date", "atom:title",
        "atom:id", "atom:published", "atom:updated", "atom:content", "atom:summary",
        "atom:author", "atom:category", "atom:source"
    }
)  # fmt: skip


def read_terms(children: Children, join: Join) -> Terms:
    """The terms that an element states for itself."""
    found = list(_statements(children, join))
    return terms.joined(*found) if found else Terms()


def _statements(children: Children, join: Join) -> Iterator[Terms]:
    if metas := children.get("xhtml:meta"):
        named = {(m.get("name") or "").lower(): m.get("content") or "" for m in reversed(metas)}
        yield terms.of_metas(named)
    for restriction in children.get("access:restriction", ()):
        if (restriction.get("relationship") or "").lower() == "deny":
            yield Terms(robots=terms.DENIED)
    for link in children.get("atom:link", ()):
        yield terms.policy(link.get("rel") or "", link.get("type") or "", join(link.get("href")))
    for name, elements in children.items():
        if name.startswith(("odrl:", "rsl:")):
            written = etree.tostring(elements[0], encoding="unicode", with_tail=False)
            yield terms.embedded(written.strip())


def read_pictures(children: Children, join: Join) -> tuple[Picture, ...]:
    """The pictures of an item with what is said of each: by its own element, else by its group's,
    else by the item's (Media RSS 1.5.1, "Optional Elements")."""
    found: dict[str, Picture] = {}
    own = {name.removeprefix("media:"): each for name, each in children.items() if "media:" in name}
    for picture in _pictures(own, _said(own), join):
        found.setdefault(picture.url, picture)
    return tuple(p for p in found.values() if p.caption or p.credit or p.rights)


def _pictures(media: Children, around: Mapping[str, str], join: Join) -> Iterator[Picture]:
    for group in media.get("group", ()):
        inner = _inner(group)
        yield from _pictures(inner, {**around, **_said(inner)}, join)
    for content in media.get("content", ()):
        inner = _inner(content)
        said = {**around, **_said(inner)}
        if is_picture(content):
            yield from _picture(content, said, join)
        yield from _pictures({"thumbnail": inner.get("thumbnail", ())}, said, join)
    for thumbnail in media.get("thumbnail", ()):
        yield from _picture(thumbnail, around, join)


def _picture(element: Element, said: Mapping[str, str], join: Join) -> Iterator[Picture]:
    url = join(element.get("url"))
    if url:
        caption = said.get("description") or said.get("title") or ""
        yield Picture(url, caption, said.get("credit", ""), said.get("copyright", ""))


def _inner(element: Element) -> dict[str, list[Element]]:
    found: dict[str, list[Element]] = {}
    for child in element.iterchildren(etree.Element):
        space, _, local = child.tag[1:].rpartition("}")
        if space.lower().rstrip("/") == _MEDIA:
            found.setdefault(local, []).append(child)
    return found


def _said(media: Children) -> dict[str, str]:
    said: dict[str, str] = {}
    for name in ("title", "description", "copyright"):
        text = next(filter(None, map(_text, media.get(name, ()))), "")
        if text:
            said[name] = text
    credits = list(dict.fromkeys(filter(None, map(_text, media.get("credit", ())))))
    if credits:
        said["credit"] = "、".join(credits) if any(map(_is_wide, credits)) else ", ".join(credits)
    return said


def _text(element: Element) -> str:
    return plain("".join(element.itertext()))


def _is_wide(text: str) -> bool:
    return any("\u3400" <= char <= "\u9fff" for char in text)


def is_picture(content: Element) -> bool:
    """Whether a Media RSS element is a `content` that is a picture: who is credited for it took
    the picture, and did not write the article."""
    if etree.QName(content).localname != "content":
        return False
    kind = (content.get("medium") or content.get("type") or "").lower()
    if kind:
        return kind.startswith("image")
    return (content.get("url") or "").lower().partition("?")[0].endswith(_SUFFIXES)
