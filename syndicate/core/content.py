"""What of an entry's text goes into a feed, by what its source allows (contract §4)."""

from __future__ import annotations

import re
from html import escape

from syndicate.core import pictures
from syndicate.core.footer import footer
from syndicate.core.outgoing import Outgoing
from syndicate.core.plaintext import xml_text

_MIME = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")


def body(out: Outgoing) -> str:
    """The HTML that may be shown, without the footer."""
    if out.shown == "full":
        return xml_text(pictures.body(out)) or _paragraph(summary(out))
    return _paragraph(summary(out))


def whole(out: Outgoing) -> str:
    """What may be shown, with the footer; never empty."""
    return body(out) + footer(out) or _paragraph(out.title)


def short(out: Outgoing) -> str:
    """The summary with the footer."""
    return _paragraph(summary(out)) + footer(out) or _paragraph(out.title)


def summary(out: Outgoing) -> str:
    """The summary as plain text; "" where only the link may go out."""
    return xml_text(out.summary).strip()


def mime(type: str | None) -> str:
    """A media type as it must be written; the general one where it is not known."""
    return type if type and _MIME.fullmatch(type) else "application/octet-stream"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>" if text else ""
