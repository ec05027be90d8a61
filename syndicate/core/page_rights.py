"""What a web page forbids and reserves, and what its JSON-LD says of the article's pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from syndicate.core import terms
from syndicate.core.plaintext import plain
from syndicate.model import Picture, Terms

_PICTURES = 50


def read_terms(tree: LexborHTMLParser, metas: Mapping[str, str], url: str | None) -> Terms:
    """The terms in a page's head: meta tags, links to policies, embedded ODRL and RSL."""
    return terms.joined(terms.of_metas(metas), *_links(tree, url), *_embedded(tree))


def _links(tree: LexborHTMLParser, url: str | None) -> Iterator[Terms]:
    for node in tree.css("link[rel][href]"):
        given = node.attributes
        try:
            address = urljoin(url or "", given.get("href") or "")
        except ValueError:
            continue
        yield terms.policy(given.get("rel") or "", given.get("type") or "", address)


def _embedded(tree: LexborHTMLParser) -> Iterator[Terms]:
    for node in tree.css('script[type="application/rsl+xml"]'):
        yield terms.embedded(node.text().strip())
    for node in tree.css('script[type="application/ld+json"]'):
        text = node.text()
        if "odrl" not in text and "hasPolicy" not in text:
            continue
        try:
            data = json.loads(text, strict=False)
            found = [terms.of_json_ld(e) for e in (data if isinstance(data, list) else [data])]
        except (ValueError, RecursionError):
            continue
        yield from found


def read_pictures(article: Mapping[str, Any]) -> tuple[Picture, ...]:
    """Of an article's JSON-LD its images (schema.org ImageObject) of which more is said than an
    address."""
    stated = article.get("image")
    objects = stated if isinstance(stated, list) else [stated]
    found = [_picture(each) for each in objects[:_PICTURES] if isinstance(each, dict)]
    return tuple(p for p in found if p.url and (p.caption or p.credit or p.rights))


def _picture(image: Mapping[str, Any]) -> Picture:
    return Picture(
        url=_said(image, "contentUrl", "url"),
        caption=_said(image, "caption", "description"),
        credit=_said(image, "creditText", "creator", "author"),
        rights=_said(image, "copyrightNotice"),
    )


def _said(image: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = image.get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, dict):
            value = value.get("name")
        if isinstance(value, str) and plain(value):
            return plain(value)
    return ""
