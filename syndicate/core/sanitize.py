"""HTML that is safe to publish, plain text for titles and names, and summaries.

`clean` is the only way for foreign HTML into a page, feed or mail; `plain` the only way for
foreign text into a title, a name or a header. What may make a reader act (script, handlers,
forms, `javascript:`, `data:`) is gone from both; what an XML document may not hold is too.
"""

from __future__ import annotations

import html as markup
import re
import threading
from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

import nh3

from syndicate.core import urls
from syndicate.core.nesting import DEPTH_LIMIT, depth, strip_tags
from syndicate.core.plaintext import plain, shorten, to_text, xml_text

__all__ = ["DEPTH_LIMIT", "clean", "depth", "plain", "summary", "to_text", "xml_text"]

_SCHEMES = frozenset({"http", "https", "mailto"})
_LAZY = ("data-src", "data-original", "data-original-src", "data-lazy-src", "data-actualsrc")
_TAGS = frozenset(
    {
        "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "blockquote", "br",
        "caption", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl",
        "dt", "em", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
        "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "nav", "ol", "p", "picture", "pre",
        "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strong", "sub",
        "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul",
        "var", "wbr"
    }
)  # fmt: skip
_DROPPED_WHOLE = frozenset(
    {
        "script", "style", "template", "iframe", "object", "applet", "svg", "math", "title",
        "textarea", "select", "datalist", "button", "audio", "video", "canvas", "noembed",
        "noframes", "frameset"
    }
)  # fmt: skip
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"lang", "dir", "title"},
    "a": {"href", "hreflang"},
    "img": {"src", "srcset", "alt", "width", "height", "data-srcset", *_LAZY},
    "td": {"colspan", "rowspan", "headers", "align"},
    "th": {"colspan", "rowspan", "headers", "align", "scope", "abbr"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
    "time": {"datetime"},
    "del": {"datetime"},
    "ins": {"datetime"},
    "details": {"open"},
}


def clean(html: str, base: str | None = None) -> str:
    """The HTML that may be published: one policy for all, deterministic, well-formed.

    Links and pictures are made absolute against `base`; without one, relative ones are dropped
    (on our page they would lead somewhere else). What is nested deeper than `DEPTH_LIMIT` comes
    back as its text alone, because parsers are quadratic in depth.
    """
    text = xml_text(html)
    if "<" not in text and "&" not in text:
        return text.replace(">", "&gt;")
    if depth(text) > DEPTH_LIMIT:
        return markup.escape(markup.unescape(strip_tags(text)), quote=False)
    if "noscript" in text:
        text = _NOSCRIPT.sub("", text)  # a parser with scripting on takes what it holds for text
    _here.base = base or ""
    cleaned = _cleaner().clean(text)
    if "<img" in cleaned:
        cleaned = _keep_pictures(cleaned, base or "")
    return xml_text(cleaned) if "&#" in text else cleaned  # else nothing new can be in it


def summary(html_or_text: str, limit: int) -> str:
    """At most `limit` characters of the text, cut at a sentence or word, with … where cut."""
    return shorten(to_text(html_or_text), limit)


class _Here(threading.local):
    """What links are resolved against now: a cleaner of its own for each article costs more than
    the cleaning."""

    base = ""


_here = _Here()


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WHOLE),
        attributes=_ATTRIBUTES,
        attribute_filter=_allowed,
        link_rel=None,  # nothing opens a window here, and a source may know who refers to it
        url_schemes=set(_SCHEMES),
    )


def _allowed(_tag: str, attribute: str, value: str) -> str | None:
    if attribute == "href":
        return resolve(value, _here.base) or None
    if attribute in _NUMERIC:
        return value.strip() if _NUMBER.fullmatch(value.strip()) else None
    return value


_NUMERIC = frozenset({"width", "height", "colspan", "rowspan", "span", "start", "value"})
_NOSCRIPT = re.compile(r"</?noscript[^<>]*>", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]{1,6}%?")
_SCHEME = re.compile(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*):")
_NOT_IN_URL = re.compile(r'[ "<>^`{|}]')  # which browsers write as %20 and so on (WHATWG URL)
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*")
_URL_NOISE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")


def resolve(url: str, base: str) -> str:
    """The absolute http, https or mailto URL that a link means; "" where there is none."""
    if _PLAIN_URL.fullmatch(url):
        return url
    url = _URL_NOISE.sub(
        lambda m: " " if " " in m[0] else "", url
    ).strip()  # WHATWG: no tab, CR, LF
    scheme = _SCHEME.match(url)
    if scheme:
        if scheme[1].lower() not in _SCHEMES:
            return ""
        absolute = url
    elif "script:" in url.lower():
        return ""  # a scheme broken up by what some parser may skip
    elif url.startswith("//"):
        absolute = (urlsplit(base).scheme or "https") + ":" + url if base else "https:" + url
    else:
        try:
            absolute = urls.join(base, url) if base and url else ""
        except ValueError:
            return ""
    return _NOT_IN_URL.sub(_quoted, absolute) if _plausible(absolute) else ""


def _quoted(character: re.Match[str]) -> str:
    return f"%{ord(character[0]):02X}"


def _plausible(url: str) -> bool:
    scheme, _, rest = url.partition(":")
    if scheme.lower() == "mailto":
        return bool(rest)
    return scheme.lower() in ("http", "https") and bool(rest.lstrip("/\\"))


# nh3 writes attributes as name="value" with quotes escaped, so that these are exact, and linear
_IMG = re.compile(r'<img((?: [a-z-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')


def _keep_pictures(html: str, base: str) -> str:
    """Pictures with the address that a reader without script needs; no pixel, no placeholder."""
    previous = ""

    def picture(match: re.Match[str]) -> str:
        nonlocal previous
        given = {name: markup.unescape(value) for name, value in _ATTRIBUTE.findall(match[1])}
        address = _picture_address(given, base)
        if not address or address == previous or _is_pixel(given):
            return ""  # the second of two equal ones is the <noscript> twin of a lazy picture
        previous = address
        kept = {"src": address} | {
            name: given[name]
            for name in ("alt", "title", "width", "height", "lang", "dir")
            if name in given
        }
        return "<img" + "".join(f' {k}="{markup.escape(v)}"' for k, v in kept.items()) + ">"

    return _IMG.sub(picture, html)


def _picture_address(given: dict[str, str], base: str) -> str:
    for source in filter(None, _picture_sources(given)):
        address = resolve(source, base)
        if address and not address.lower().startswith("mailto:"):
            return address
    return ""


def _picture_sources(given: dict[str, str]) -> Iterator[str]:
    """Where a picture may be, what a script would load first."""
    for name in _LAZY:
        yield given.get(name, "")
    yield _largest(given.get("data-srcset", ""))
    yield given.get("src", "")
    yield _largest(given.get("srcset", ""))


def _largest(srcset: str) -> str:
    """The address with the greatest width or density of a `srcset`."""
    if not srcset:
        return ""
    best, size = "", -1.0
    for candidate in re.split(r",\s+|,(?=https?:)", srcset.strip()):
        address, _, descriptor = candidate.strip().partition(" ")
        number = re.match(r"\s*([0-9]{1,6}(?:\.[0-9]{1,4})?)[wx]", descriptor)
        if float(number[1] if number else 1) > size:
            best, size = address, float(number[1] if number else 1)
    return best


def _is_pixel(given: dict[str, str]) -> bool:
    return any(given.get(side, "").strip() in ("0", "1") for side in ("width", "height"))
