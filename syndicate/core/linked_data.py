"""schema.org NewsArticle as JSON-LD, for search engines that ask where a text comes from."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from syndicate.core import disclosures, pictures
from syndicate.core.outgoing import Outgoing, href, line
from syndicate.model import Terms

_HEADLINE = 110
# Inside <script> nothing is an entity: what could end the element or start a comment is escaped
# as JSON; U+2028 and U+2029 end a line in older JavaScript
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def news_article(out: Outgoing, section: str = "") -> Markup:
    """The JSON-LD of an entry's page, safe inside `<script type="application/ld+json">`."""
    return _script({name: value for name, value in _article(out, section).items() if value})


def rights_expression(said: Terms) -> Markup | None:
    """The ODRL policy that came with an entry as JSON-LD, for the same; None where none did."""
    if not said.expression.startswith("{"):
        return None
    try:
        return _script(json.loads(said.expression))
    except (ValueError, RecursionError):
        return None


def _script(data: Any) -> Markup:
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
        "sourceOrganization": None if out.own else publisher,
        "creditText": _credit(said),
        "copyrightNotice": said["rights"],
        "copyrightHolder": publisher if _holds(said) else None,
        "license": href(said["licence"]),
        "usageInfo": href(entry.terms.policy) or href(entry.terms.tdm_policy),
        "image": _images(out),
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


def _credit(said: dict[str, Any]) -> str:
    """How it is to be credited: source and authors, as its byline says them."""
    names = [said["source"]["name"], *(p["name"] for p in said["authors"])]
    return " / ".join(filter(None, names))


def _holds(said: dict[str, Any]) -> bool:
    """Whether the rights name the source; else nobody has said who holds them."""
    name = said["source"]["name"]
    return bool(name and said["rights"] and name in said["rights"])


def _images(out: Outgoing) -> Any:
    """The picture of an entry; with what is said of it where anything is."""
    url = href(pictures.address(out, out.entry.thumbnail))
    stated = next((p for p in out.entry.pictures if p.url == out.entry.thumbnail), None)
    if url is None or stated is None:
        return url
    said = {
        "@type": "ImageObject",
        "url": url,
        "caption": line(stated.caption),
        "creditText": line(stated.credit),
        "copyrightNotice": line(stated.rights),
    }
    return {name: value for name, value in said.items() if value}


def _organisation(name: str | None, url: str | None) -> dict[str, str] | None:
    if not name and not url:
        return None
    return {
        "@type": "NewsMediaOrganization",
        "name": name or url or "",
        **({"url": url} if url else {}),
    }
