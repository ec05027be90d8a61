"""schema.org NewsArticle as JSON-LD, for search engines that ask where a text comes from."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from syndicate.core import disclosures
from syndicate.core.outgoing import Outgoing, href, line

_HEADLINE = 110
# Inside <script> nothing is an entity: what could end the element or start a comment is escaped
# as JSON; U+2028 and U+2029 end a line in older JavaScript
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def news_article(out: Outgoing, section: str = "") -> Markup:
    """The JSON-LD of an entry's page, safe inside `<script type="application/ld+json">`."""
    data = {name: value for name, value in _article(out, section).items() if value}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(_ESCAPES))  # noqa: S704


def _article(out: Outgoing, section: str) -> dict[str, Any]:
    said, entry, site = out.said, out.entry, out.site
    publisher = _organisation(said["source"]["name"], said["source"]["url"])
    return {
        "@context": "https://schema.org",
        "@type": _type(out),
        "headline": out.title[:_HEADLINE],
        "alternativeHeadline": out.original_title,
        "mainEntityOfPage": out.page,
        "url": out.page,
        "inLanguage": entry.language,
        "articleSection": section,
        "datePublished": said["published"],
        "dateModified": said["updated"],
        "author": [
            {k: v for k, v in {"@type": "Person", "name": p["name"], "url": p["url"]}.items() if v}
            for p in said["authors"]
        ],
        **_marks(out),
        "expires": said["expires"],
        "editor": {"@type": "Person", "name": said["editor"]} if said["editor"] else None,
        "publisher": publisher or _organisation(line(site.name), site.url),
        "sdPublisher": _organisation(line(site.name), site.url),
        "isBasedOn": None if out.own else out.original,
        "copyrightNotice": said["rights"],
        "license": href(said["licence"]),
        "image": href(entry.thumbnail),
    }


def _type(out: Outgoing) -> str:
    """What has been paid for is schema.org's AdvertiserContentArticle."""
    paid = {label.kind for label in out.entry.labels} & {"advertisement", "sponsored"}
    return "AdvertiserContentArticle" if paid else "NewsArticle"


def _marks(out: Outgoing) -> dict[str, Any]:
    """Corrections in their words; what a machine made, as schema.org lists IPTC's types."""
    labels = out.entry.labels
    made = [disclosures.schema_org(label.url) for label in labels if label.kind == "ai"]
    texts = [line(label.text) for label in labels if label.kind == "correction" and label.text]
    return {
        "digitalSourceType": next(filter(None, made), None),
        "correction": [{"@type": "CorrectionComment", "text": text} for text in texts],
    }


def _organisation(name: str | None, url: str | None) -> dict[str, str] | None:
    if not name and not url:
        return None
    return {
        "@type": "NewsMediaOrganization",
        "name": name or url or "",
        **({"url": url} if url else {}),
    }
