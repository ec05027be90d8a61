"""How deeply HTML is nested, told by one linear scan, before any parser sees it.

HTML parsers are quadratic in depth (100,000 `<div>` take nh3 and lexbor 20 s), so what is deeper
than a person ever wrote is refused first. The scan follows the tree construction of the HTML
standard (13.2.6) as far as needed to tell never much less than what a parser builds: which end
tags are ignored, and which formatting elements come back after their parent was closed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

DEPTH_LIMIT = 500

_VOID = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source",
        "track", "wbr", "param", "frame", "keygen", "bgsound", "basefont", "image"
    }
)  # fmt: skip
_FORMATTING = frozenset(
    {
        "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt",
        "u"
    }
)  # fmt: skip
_BARRIERS = frozenset(
    {
        "table", "td", "th", "caption", "object", "applet", "marquee", "template", "html", "select"
    }
)  # fmt: skip
_ODD_PLACES = ("svg", "math", "select", "noscript")  # where raw text is not raw
_IGNORED = frozenset({"html", "head", "body", "frameset"})  # in a body, there is one already
_TABLE_PARTS = frozenset({"caption", "colgroup", "tbody", "tfoot", "thead", "tr", "td", "th"})
_LISTS = frozenset({"ul", "ol"})
_BUTTON = frozenset({"button"})
_TABLES = frozenset({"table", "template"})
# Ordinary end tags do not reach across these ("special" in the standard, 13.2.4.2)
_SPECIAL = frozenset(
    {
        "address", "applet", "article", "aside", "blockquote", "button", "caption", "center", "dd",
        "details", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
        "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "iframe", "li", "listing", "main",
        "marquee", "menu", "nav", "noembed", "noframes", "noscript", "object", "ol", "p",
        "plaintext", "pre", "search", "section", "select", "summary", "table", "tbody", "td",
        "template", "textarea", "tfoot", "th", "thead", "title", "tr", "ul", "xmp"
    }
)  # fmt: skip
# Open paragraphs end before these
_ENDS_P = _SPECIAL - {
    "applet", "button", "caption", "iframe", "marquee", "noembed", "noframes", "noscript", "object",
    "select", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "title", "tr"
}  # fmt: skip
_RAW = frozenset(
    {
        "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"
    }
)  # fmt: skip
_CLOSES = {
    "p": {"p"},
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "option": {"option"},
    "tr": {"tr", "td", "th"},
    "td": {"td", "th"},
    "th": {"td", "th"},
}
_ATTRIBUTES = (
    r"(?:[\s/]++|(?:=[^\s/>=]*+|[^\s/>=]++)"
    r"(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?+)?+)*+"
)
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"  # a comment
    rf"|<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*+){_ATTRIBUTES}>?"
    r"|<[!?/][^>]*+>?",  # doctype, processing instruction, bogus comment
    re.DOTALL,
)
_RAW_ENDS = {name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE) for name in _RAW}


def depth(html: str) -> int:
    """How many elements are open at once at most; 0 for text. Linear, exact for tidy HTML.

    Where there are too few tags for `DEPTH_LIMIT` to matter, their number is answer enough.
    """
    tags = html.count("<")
    return tags if tags <= DEPTH_LIMIT else _scan(html)


def strip_tags(html: str) -> str:
    """The text between tags by the same scan, scripts and styles left out; entities stay."""
    parts, at = [], 0
    while match := _TOKEN.search(html, at):
        parts.append(html[at : match.start()])
        at = match.end()
        name = (match["name"] or "").lower()
        if name in _RAW and not match["end"]:
            at = _raw_end(name, html, at)
    return " ".join(filter(None, (part.strip() for part in (*parts, html[at:]))))


def _raw_end(name: str, html: str, at: int) -> int:
    end = _RAW_ENDS[name].search(html, at)
    return end.start() if end else len(html)


def _scan(html: str) -> int:
    open_, deepest, at = _Open(), 0, 0
    while match := _TOKEN.search(html, at):
        at = match.end()
        name = (match["name"] or "").lower()
        if not name or name in _VOID:
            continue
        if match["end"]:
            open_.close(name)
        elif name in _RAW and not any(open_.places[place] for place in _ODD_PLACES):
            at = _raw_end(name, html, at)
        elif not (match[0].endswith("/>") and open_.is_foreign):
            open_.open(name)
            deepest = max(deepest, open_.height)
    return deepest


class _Open:
    """The stack of open elements, and the formatting elements that a parser would reopen.

    Every step is O(1), amortised: `places` finds an element, and one taken out of the middle
    leaves an empty name behind.
    """

    def __init__(self) -> None:
        self.stack: list[str] = []
        self.places: defaultdict[str, list[int]] = defaultdict(list)
        self.walls: dict[frozenset[str], list[int]] = {
            kind: [] for kind in (_BARRIERS, _LISTS, _TABLES, _BUTTON, _SPECIAL)
        }
        self.orphans: Counter[str] = Counter()
        self.height = 0

    @property
    def is_foreign(self) -> bool:
        """Whether svg or math is open; HTML inside, which would end it, is not looked for."""
        return bool(self.places["svg"] or self.places["math"])

    def open(self, name: str) -> None:
        if not self.is_foreign and (
            name in _IGNORED or (name in _TABLE_PARTS and not self.places["table"])
        ):
            return
        if (
            name in _ENDS_P
            and self.places["p"]
            and not self._behind_wall("p", self.places["p"][-1])
        ):
            self.close("p")
        closed = _CLOSES.get(name, ())
        while self.stack and (self.stack[-1] in closed or not self.stack[-1]):
            self._pop(keep_formatting=True)
        at = len(self.stack)
        self.places[name].append(at)
        for kind, walls in self.walls.items():
            if name in kind:
                walls.append(at)
        self.stack.append(name)
        self.height += 1

    def close(self, name: str) -> None:
        places = self.places[name]
        if not places:
            if self.orphans[name]:
                self.orphans[name] -= 1
                self.height -= 1
        elif self._behind_wall(name, places[-1]):
            return  # not in scope: a parser ignores it
        elif places[-1] < self._top() and any(self.places[odd] for odd in _ODD_PLACES):
            return  # parsers differ in what it closes there: telling too much is safe
        elif name in _FORMATTING or name == "form":
            self.stack[places.pop()] = ""
            self.height -= 1
        else:
            while self._pop(keep_formatting=name not in _BARRIERS) != name:
                pass

    def _top(self) -> int:
        while self.stack and not self.stack[-1]:
            self.stack.pop()
        return len(self.stack) - 1

    def _behind_wall(self, name: str, at: int) -> bool:
        if name in ("svg", "math"):
            return False
        if name in _TABLE_PARTS or name in _TABLES:
            return self._behind(_TABLES, at)
        if self._behind(_BARRIERS, at) or (name == "p" and self._behind(_BUTTON, at)):
            return True
        if name == "li" and self._behind(_LISTS, at):
            return True
        ordinary = name not in _SPECIAL and name not in _FORMATTING
        return (ordinary or name == "noscript") and self._behind(_SPECIAL, at)

    def _behind(self, kind: frozenset[str], at: int) -> bool:
        walls = self.walls[kind]
        return bool(walls) and at < walls[-1]

    def _pop(self, *, keep_formatting: bool) -> str:
        name = self.stack.pop()
        if not name:
            return name
        self.places[name].pop()
        for kind, walls in self.walls.items():
            if name in kind:
                walls.pop()
        if keep_formatting and name in _FORMATTING:
            self.orphans[name] += 1  # and the height stays: it is opened again
        else:
            self.height -= 1
        return name
