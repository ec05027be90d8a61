"""Where a value stands in what came: the element, key, label or line that states it.

What is looked for is found again in the bytes that were kept, so that an editor can see it with
his own eyes; nothing here says what a value is. A value that was put together from several places
is found in none of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from syndicate.core import decode, parse_xml
from syndicate.core.plaintext import plain

_LONGEST = 160
_MOST = 20_000  # elements that are looked at
_ITEMS = ("item", "atom:entry")
_NAMED = ("rel", "name", "property", "itemprop", "role", "class", "id")
_SPACES = re.compile(r"\sxmlns(?::[\w-]+)?=\"[^\"]*\"")


@dataclass(frozen=True, slots=True)
class Found:
    """One place: `where` in words (`dc:creator of the item`), `text` as it stands there."""

    where: str
    text: str


def locate(data: bytes, content_type: str | None, wanted: Iterable[str]) -> dict[str, Found]:
    """For each of these values the first place that states it, in what stood nearest to the entry.

    `data` is a feed of one item, a page, a Markdown file, a text or a letter.
    """
    values = {value: _bare(value) for value in wanted if value and value.strip()}
    text, _ = decode.decode(data, content_type)
    text = text.strip().lstrip("\ufeff")
    places = list(_places(text))
    found = {}
    for value, bare in values.items():
        place = next((p for p in places if p.said == bare), None) or next(
            (p for p in places if _states(p.said, bare)), None
        )
        if place is not None:
            found[value] = Found(place.where, _clip(_shown(place.stands)))
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """Something that is said: bare, where, and the element or text that it stands in."""

    said: str
    where: str
    stands: Any


def _shown(stands: Any) -> str:
    if isinstance(stands, str):
        return stands
    return _SPACES.sub("", etree.tostring(stands, encoding="unicode", with_tail=False))


def _states(said: str, bare: str) -> bool:
    """Whether a text is a label with this value, as `来源：云溪日报` is."""
    return said.endswith((f":{bare}", f"：{bare}"))


def _bare(text: str) -> str:
    return "".join(unquote(plain(text)).split()).casefold()


def _clip(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _places(text: str) -> Iterator[_Place]:
    """Every place with what it says, bare; those of an item before those of its feed."""
    if text[:1] in ("{", "["):
        yield from _json(text)
        return
    start = text[:2000].lower()
    if "<html" in start or "<!doctype html" in start:
        yield from _html(text)
    elif text[:1] == "<":
        yield from _xml(text)
    else:
        yield from _lines(text)


def _xml(text: str) -> Iterator[_Place]:
    bare = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    root = parse_xml.root_of(bare, recover=True)
    if root is None:
        return
    item = next((e for e in root.iter() if parse_xml.name_of(e) in _ITEMS), None)
    if item is not None:
        yield from _elements(item, "of the item", ())
    yield from _elements(root, "of the feed", () if item is None else (item,))


def _elements(root: Any, where: str, without: tuple[Any, ...]) -> Iterator[_Place]:
    inside = {element for top in without for element in top.iter()}
    for number, element in enumerate(root.iter()):
        name = parse_xml.name_of(element)
        if number > _MOST or not name or element in inside:
            continue
        label = f"{_label(name, element.attrib)} {where}"
        for value in (element.text, *element.attrib.values()):
            if value and value.strip():
                yield _Place(_bare(value), label, element)


def _label(name: str, attributes: Any) -> str:
    """An element as people name it: `atom:link rel=via`, `meta name=author`."""
    said = [f"{key}={attributes[key]}" for key in _NAMED if attributes.get(key)]
    return " ".join([name, *said[:1]])


def _json(text: str) -> Iterator[_Place]:
    try:
        data = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return
    items = data.get("items") if isinstance(data, dict) else None
    if isinstance(items, list):
        for each in items:
            yield from _values(each, "", "of the item")
        data = {key: value for key, value in data.items() if key != "items"}
    yield from _values(data, "", "of the feed")


def _values(value: Any, path: str, where: str) -> Iterator[_Place]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(inner, f"{path}.{key}" if path else str(key), where)
    elif isinstance(value, list):
        for inner in value[:_MOST]:
            yield from _values(inner, path, where)
    elif isinstance(value, str):
        shown = f"{path.rpartition('.')[2]}: {value}"
        yield _Place(_bare(value), f"{path} {where}", shown)


def _html(text: str) -> Iterator[_Place]:
    tree = LexborHTMLParser(text)
    for number, node in enumerate(tree.css("meta, link, a, [itemprop], span, p, div, td, li, h1")):
        if number > _MOST:
            return
        attributes = {key: value or "" for key, value in node.attributes.items()}
        label = f"{_label(node.tag or '', attributes)} of the page"
        for key in ("content", "href"):
            if value := attributes.get(key):
                yield _Place(_bare(value), label, f'<{node.tag} {key}="{value}">')
        said = node.text(deep=False)
        if said.strip() and len(said) < 2 * _LONGEST:
            yield _Place(_bare(said), f"text of the page ({node.tag})", said)


def _lines(text: str) -> Iterator[_Place]:
    for number, line in enumerate(text.splitlines()[:_MOST], 1):
        said = re.sub(r"^[\w ]{1,20}\s*[:：]", "", line)
        yield _Place(_bare(said), f"line {number}", line)
