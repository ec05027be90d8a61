"""The text of an entry as our page holds it: foreign HTML under a title and between landmarks.

What feeds carry stays as it was cleaned; here its headings go on from the page's own, and what
can be scrolled can be reached by keyboard.
"""

from __future__ import annotations

import re

# As nh3 writes tags: attributes in quotes that are escaped, so that this is exact, and linear
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>')
_WANTED = re.compile(r"<(?:h[1-6]|img|pre|table|time|ins|del)[ >]")
_TO_NOTHING = re.compile(r'<a(?: [a-z-]+="[^"]*")*></a>')  # parsers leave them where links crossed
_HEADING = re.compile(r"h[1-6]")
_NO_ZONE = re.compile(r'(?<= datetime=")([^"]*)-00:?00(?=")')
_UTC = r"\1+00:00"
_SCROLLS = ("pre", "table")
_LOWEST = 6


def fitted(html: str) -> str:
    """Clean HTML (`sanitize.clean`) with valid outline, alternatives and times for a page.

    Headings: the title is the page's `h1`, what is under it begins with `h2`, and none skips a
    level. An image of which nobody said what it shows is none to whoever does not see it (WCAG
    1.1.1): without `alt` its file name is read out.
    """
    if "></a>" in html:
        html = _TO_NOTHING.sub("", html)
    return _TAG.sub(_Fitting(), html) if _WANTED.search(html) else html


def machine_time(given: str) -> str:
    """A moment for `datetime`: HTML knows no -00:00 (RFC 3339's "zone not known")."""
    return given.removesuffix("-00:00") + "+00:00" if given.endswith("-00:00") else given


class _Fitting:
    """One pass over the tags of a text."""

    def __init__(self) -> None:
        self._above: list[int] = []  # levels, as given, of the headings that this part is under
        self._open: list[str] = []  # names, as written, of headings that are not closed yet

    def __call__(self, tag: re.Match[str]) -> str:
        end, name, attributes = tag.groups()
        if _HEADING.fullmatch(name):
            return f"</{self._close(name)}>" if end else f"<{self._under(name)}{attributes}>"
        if end:
            return tag[0]
        if name == "img" and ' alt="' not in attributes:
            return f'<img alt=""{attributes}>'
        if name in _SCROLLS:
            return f'<{name}{attributes} tabindex="0">'
        return f"<{name}{_NO_ZONE.sub(_UTC, attributes)}>"

    def _under(self, name: str) -> str:
        level = int(name[1])
        while self._above and self._above[-1] >= level:
            self._above.pop()
        self._above.append(level)
        self._open.append(f"h{min(len(self._above) + 1, _LOWEST)}")
        return self._open[-1]

    def _close(self, name: str) -> str:
        return self._open.pop() if self._open else name
