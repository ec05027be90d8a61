"""How deeply HTML is nested, told by one linear scan, before any parser sees it.

HTML parsers are quadratic in depth (100,000 `<div>` take nh3 and lexbor 20 s), so what is deeper
than a person ever wrote is refused first. The scan follows the tree construction of the HTML
standard (13.2.6) only as far as needed never to tell less than what the parser builds by much:
which end tags are ignored, and which formatting elements come back after their parent is closed.
"""

from __future__ import annotations

import re

DEPTH_LIMIT = 500

_VOID = frozenset(
    "area base br col embed hr img input link meta source track wbr param frame keygen bgsound"
    " basefont image".split()
)
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
_BARRIERS = frozenset("table td th caption object applet marquee template html select".split())
_FOREIGN = frozenset({"svg", "math"})
_RAW = frozenset("script style textarea title xmp iframe noembed noframes".split())
_CLOSED_BY_SAME = {
    "p": {"p"}, "li": {"li"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}, "option": {"option"},
    "tr": {"tr", "td", "th"}, "td": {"td", "th"}, "th": {"td", "th"},
}  # fmt: skip
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"  # a comment
    r"|<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*)(?:[^>\"']|\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))*+>?"
    r"|<[!?/][^>]*+>?",  # doctype, processing instruction, bogus comment
    re.DOTALL,
)


def depth(html: str) -> int:
    """How many elements are open at once at most. Linear; exact for tidy HTML."""
    if html.count("<") <= DEPTH_LIMIT:
        return _scan(html) if html.count("<") > DEPTH_LIMIT else html.count("<")
    return _scan(html)
