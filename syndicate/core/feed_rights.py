"""What a source forbids, reserves and says of pictures, as elements and members of our feeds.

Nothing of it stands in the feed of an entry whose source says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from syndicate.core import pictures
from syndicate.core.outgoing import Outgoing, href, line
from syndicate.core.parse_rights import POLICIES
from syndicate.core.terms import robots_text
from syndicate.model import Picture, Terms

_XHTML = "http://www.w3.org/1999/xhtml"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_ATOM = "{http://www.w3.org/2005/Atom}"


def extend(parent: Any, out: Outgoing, link: str = _ATOM + "link") -> None:
    """Add to an item or entry: `xhtml:meta` for robots and TDMRep, a link to the policy, the
    policy itself where it came as XML, Media RSS for pictures of which more is said than their
    address. `link` is the name of the link element: without a namespace within Atom."""
    said = out.entry.terms
    if said:
        for name, content in _metas(said):
            meta = etree.SubElement(parent, f"{{{_XHTML}}}meta", nsmap={"xhtml": _XHTML})
            meta.set("name", name)
            meta.set("content", content)
        if url := href(said.policy):
            attributes = {"rel": "license", "href": url, "type": said.policy_type}
            etree.SubElement(parent, link, {k: v for k, v in attributes.items() if v})
        parent.extend(_expression(said.expression))
    for url, picture in pictures.shown(out):
        _picture(parent, url, picture)


def _metas(said: Terms) -> Iterator[tuple[str, str]]:
    if said.robots:
        yield "robots", robots_text(said)
    if said.tdm is not None:
        yield "tdm-reservation", str(int(said.tdm))
        if url := href(said.tdm_policy):
            yield "tdm-policy", url


def _expression(text: str) -> Iterator[Any]:
    """A policy in XML, read again: what does not stand alone as one of ODRL or RSL is left out."""
    if not text.startswith("<"):
        return
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError):
        return
    if etree.QName(root).namespace in POLICIES:
        yield root


def _picture(parent: Any, address: str, picture: Picture) -> None:
    url = href(address)
    if not url:
        return
    content = etree.SubElement(parent, _MEDIA + "content", {"url": url, "medium": "image"})
    stated = (
        ("description", picture.caption),
        ("credit", picture.credit),
        ("copyright", picture.rights),
    )
    for name, text in stated:
        if line(text):
            etree.SubElement(content, _MEDIA + name).text = line(text)


def members(out: Outgoing) -> dict[str, Any]:
    """The same in JSON Feed's `_syndicate`: `terms` and `pictures`, each where there is any."""
    said, shown = out.entry.terms, list(pictures.shown(out))
    found: dict[str, Any] = {}
    if said:
        found["terms"] = {
            "robots": list(said.robots),
            "tdm_reservation": said.tdm,
            "tdm_policy": href(said.tdm_policy),
            "policy": href(said.policy),
            "policy_type": said.policy_type or None,
            "expression": said.expression or None,
        }
    if shown:
        found["pictures"] = [
            {
                "url": href(url),
                "caption": line(picture.caption) or None,
                "credit": line(picture.credit) or None,
                "rights": line(picture.rights) or None,
            }
            for url, picture in shown
            if href(url)
        ]
    return found
