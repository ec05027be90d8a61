"""What is the same on every page: the site, its columns, its words; and a page's head."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from syndicate.core import words as languages
from syndicate.core.sections import lineage
from syndicate.core.words import Words
from syndicate.settings import Column, Digest, Site

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_DEFAULT_ACCENT = "#9b1c1c"
RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur", "ps", "yi", "dv", "ug"})


@dataclass(frozen=True, slots=True)
class Link:
    """A text and where it leads; `url` is relative to the page, or absolute, or "" for none."""

    text: str
    url: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What header and footer show. `root` leads from the page to the site's root: "", "../" …"""

    site: Site
    words: Words
    root: str
    columns: tuple[Link, ...]  # outermost ones, relative to the page
    digests: tuple[Link, ...] = ()  # the archives of public digests

    @property
    def language(self) -> str:
        return self.words.language

    @property
    def claims(self) -> bool:
        """Whether there is anyone whom a rightsholder could reach."""
        return bool(self.site.contact.email)


@dataclass(frozen=True, slots=True)
class Head:
    """What a page says of itself to machines; texts are plain, `canonical` absolute."""

    title: str
    description: str = ""
    canonical: str = ""
    robots: str = ""  # directives of the robots meta tag
    metas: tuple[tuple[str, str], ...] = ()  # further meta tags: name, content
    policy: Link | None = None  # what machines may do: its media type, its address
    rights_expression: Markup | None = None  # ODRL as JSON-LD
    type: str = "website"  # Open Graph
    image: str = ""
    json_ld: Markup | None = None
    feeds: str = ""  # folder of the page's own feeds, relative to the root, ending in /
    feeds_title: str = ""


def frame(
    site: Site, columns: Sequence[Column], depth: int, digests: Sequence[Digest] = ()
) -> Frame:
    """The frame of pages `depth` folders below the root."""
    root = "../" * depth
    top = [c for c in columns if len(lineage(columns, c.id)) == 1]
    words = languages.of(site.language)
    return Frame(
        site=site,
        words=words,
        root=root,
        columns=tuple(column_link(root, column, words) for column in top),
        digests=tuple(
            Link(digest.title or digest.id, f"{root}editions/{digest.id}/index.html")
            for digest in digests
            if digest.public
        ),
    )


def title_of(column: Column, words: Words) -> str:
    """A column's title; the built-in one for the rest has none of its own."""
    return column.title or (words.rest if column.rest else column.id)


def column_link(root: str, column: Column, words: Words) -> Link:
    return Link(title_of(column, words), f"{root}{column.id}/index.html")


def breadcrumb(frame: Frame, columns: Sequence[Column], column: str) -> tuple[Link, ...]:
    """首页 › column › its child: every step with its link."""
    steps = [column_link(frame.root, step, frame.words) for step in lineage(columns, column)]
    return (Link(frame.words.home, f"{frame.root}index.html"), *steps)


def accent(site: Site) -> str:
    """The site's colour, where it is one that CSS can hold."""
    return site.accent if _COLOUR.fullmatch(site.accent) else _DEFAULT_ACCENT


def dark_accent(site: Site) -> str:
    """The accent made light enough (4.5:1) for dark ground: mixed with white until it is."""
    red, green, blue = (int(accent(site)[i : i + 2], 16) for i in (1, 3, 5))
    share = 0.0
    while True:
        mixed = [round(c + (255 - c) * share) for c in (red, green, blue)]
        if _luminance(mixed) >= _ENOUGH or share >= 1:
            return "#" + "".join(f"{c:02x}" for c in mixed)
        share += 0.05


def light_accent(site: Site) -> str:
    """The accent made dark enough (4.5:1) for light ground: mixed with black until it is."""
    red, green, blue = (int(accent(site)[i : i + 2], 16) for i in (1, 3, 5))
    share = 0.0
    while True:
        mixed = [round(c * (1 - share)) for c in (red, green, blue)]
        if _luminance(mixed) <= _DARK_ENOUGH or share >= 1:
            return "#" + "".join(f"{c:02x}" for c in mixed)
        share += 0.05


# Relative luminance (WCAG 2.2): 5:1 against #16181b (0.0094), and against #f6f4f0 (0.905)
_ENOUGH = 5 * (0.0094 + 0.05) - 0.05
_DARK_ENOUGH = (0.905 + 0.05) / 5 - 0.05


def _luminance(colour: Sequence[int]) -> float:
    linear = [
        c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4
        for c in colour
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def direction(language: str) -> str:
    """`rtl` for languages written so, `auto` where the language is not known, else ""."""
    if language in ("", "und"):
        return "auto"
    return "rtl" if language.split("-")[0].lower() in RIGHT_TO_LEFT else ""
