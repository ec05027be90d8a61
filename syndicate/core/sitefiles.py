"""The small files beside feeds and pages: OPML, sitemap, robots.txt, gone.txt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from xml.sax.saxutils import escape

from lxml import etree

from syndicate.core.outgoing import line
from syndicate.settings import Settings

SITEMAP_ONE = 2000  # above that an index; the protocol's own limit is 50,000
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def opml(settings: Settings) -> bytes:
    """Every feed of the site as OPML 2.0, children inside their parents."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = line(settings.site.name)
    body = etree.SubElement(root, "body")
    site = settings.site
    _outline(body, line(site.name), f"{site.url}atom.xml", site.url)
    _columns(body, settings, "")
    return _written(root)


def _columns(parent: etree._Element, settings: Settings, of: str) -> None:
    for column in settings.columns:
        if column.parent == of:
            url = f"{settings.site.url}{column.id}/"
            node = _outline(parent, line(column.title) or column.id, f"{url}atom.xml", url)
            _columns(node, settings, column.id)


def _outline(parent: etree._Element, title: str, feed: str, page: str) -> etree._Element:
    attributes = {"text": title, "title": title, "type": "rss", "xmlUrl": feed, "htmlUrl": page}
    return etree.SubElement(parent, "outline", attributes)


def sitemap(urls: Iterable[str]) -> bytes:
    return _urls("urlset", "url", urls)


def sitemap_index(urls: Iterable[str]) -> bytes:
    return _urls("sitemapindex", "sitemap", urls)


def _urls(outer: str, inner: str, urls: Iterable[str]) -> bytes:
    """Lines joined: thousands of elements would cost more than all else of one new entry."""
    lines = [f"  <{inner}><loc>{escape(url)}</loc></{inner}>\n" for url in urls]
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{outer} xmlns="{_SITEMAP}">\n'
    return (head + "".join(lines) + f"</{outer}>\n").encode()


def _written(root: etree._Element) -> bytes:
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def robots(settings: Settings) -> bytes:
    return f"User-agent: *\nAllow: /\n\nSitemap: {settings.site.url}sitemap.xml\n".encode()


def statements(settings: Settings) -> dict[str, bytes | None]:
    """What the site states of itself for machines, by path; None where it states nothing.

    trust.txt (JournalList, with the copy that it asks for under .well-known) and TDMRep.
    """
    trust = _trust(settings)
    return {
        "trust.txt": trust,
        ".well-known/trust.txt": trust,
        ".well-known/tdmrep.json": _tdmrep(settings),
    }


def _trust(settings: Settings) -> bytes | None:
    stated = settings.site.trust
    lines = []
    for each in fields(stated):
        value = getattr(stated, each.name)
        values = value if isinstance(value, tuple) else (value,) if value else ()
        lines += [f"{each.name}={line(text)}" for text in values]
    if not lines:
        return None
    head = f"# {line(settings.site.name)}: who we are, {settings.site.url}trust.txt"
    return "\n".join([head, "# https://journallist.net", *lines, ""]).encode()


def _tdmrep(settings: Settings) -> bytes | None:
    """What holds for the whole site; an entry whose source says otherwise says so on its page,
    which goes before (TDMRep, 6)."""
    tdm = settings.site.tdm
    if not tdm.reservation and not tdm.policy:
        return None
    stated: dict[str, object] = {"location": "/", "tdm-reservation": int(tdm.reservation)}
    if tdm.policy:
        stated["tdm-policy"] = tdm.policy
    return (json.dumps([stated], indent=2) + "\n").encode()


def gone(ids: Sequence[str]) -> bytes:
    """Paths that are served with 410, one a line."""
    return "".join(f"articles/{id}.html\n" for id in sorted(ids)).encode()
