"""Channel Definition Format (W3C submission of 1997): CHANNEL, ITEM, TITLE, ABSTRACT, HREF."""

from __future__ import annotations

import html as markup
from typing import Any

from lxml import etree

from syndicate.core import dates, urls
from syndicate.core.plaintext import plain
from syndicate.model import Attribution, ParsedEntry, ParsedFeed


def read(root: Any, url: str | None) -> ParsedFeed:
    """The feed that a CHANNEL element is; names are in any case."""
    return ParsedFeed(
        format="cdf",
        title=plain(_text(root, "title")),
        url=_address(root, url),
        description=plain(_text(root, "abstract")),
        updated=dates.read_date(_attribute(root, "lastmod")),
        entries=tuple(
            _entry(element, url)
            for element in root.iterchildren(etree.Element)
            if element.tag.lower() == "item"
        ),
    )


def _entry(item: Any, url: str | None) -> ParsedEntry:
    stated = _attribute(item, "lastmod")
    updated = dates.read_date(stated)
    return ParsedEntry(
        link=_address(item, url),
        title=plain(_text(item, "title")),
        content_html=markup.escape(plain(_text(item, "abstract")), quote=False),
        attribution=Attribution(updated=updated),
        raw_dates=(("updated", stated),) if stated and updated is None else (),
    )


def _text(element: Any, name: str) -> str:
    for child in element.iterchildren(etree.Element):
        if child.tag.lower() == name:
            return "".join(child.itertext()).strip()
    return ""


def _attribute(element: Any, name: str) -> str | None:
    return next((v.strip() for k, v in element.attrib.items() if k.lower() == name), None)


def _address(element: Any, url: str | None) -> str | None:
    """Its HREF, on the channel or item itself or on an A within it."""
    stated = _attribute(element, "href")
    for child in element.iterchildren(etree.Element):
        if not stated and child.tag.lower() == "a":
            stated = _attribute(child, "href")
    return urls.join(url or "", stated) if stated else None
