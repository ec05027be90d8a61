"""Ours against the original: what was bent on the way, sentence by sentence and side by side.

Texts are compared as a reader would: widths, case, traditional characters, spaces and punctuation
make no difference. What a page only adds around an article (captions, labels, our notices) is no
passage; a text that simply ends earlier is an excerpt as long as it is no more than half of the
original, or says itself that it goes on.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from syndicate.core.folding import fold
from syndicate.core.story import likeness
from syndicate.model import GivenDate

_MOST = 600  # sentences of a side that are compared; an article has far fewer
_LONGEST = 400  # characters of a sentence; what is longer is taken in pieces
_TITLE = 300  # characters of a title that are looked at
_NEAR = 30  # sentences among which the other form of one is looked for
_PASSAGE = 12  # characters without punctuation; what is shorter is no passage
_ALIKE = 0.5  # of the pairs of characters of two sentences, for one to be the other changed
_SHARE = 0.2  # of our text, below which a page shows something else
_RELATED = 0.5  # of the pairs of characters, from which a text is the other one changed
_EXCERPT = 0.5  # of the original, up to which a text that ends earlier is an excerpt
_LITTLE = 40  # characters below which a page shows no text

_SENTENCE = re.compile(
    r"[^。！？!?；;…\n.]+(?:\.(?!\s|$)[^。！？!?；;…\n.]*)*"  # 3.5 and a.example end nothing
    r"(?:[。！？!?；;….]+[”’」』）)\"']*)?"
)
_SIGNS = re.compile(r"[\W_]+")
_ENDS = re.compile(r"[。！？!?；;….][”’」』）)\"']*$")
_GOES_ON = re.compile(
    r"(?:\.\.\.|…|阅读全文|查看全文|全文链接|继续阅读|read more|continue reading|full story)\W*$",
    re.I,
)
_LABEL = re.compile(
    r"^\W*(?:来源|稿源|作者|记者|编辑|责任编辑|责编|校对|原标题|原文链接|发布时间|时间|栏目|编者按|"
    r"source|author|by|editor|published|original)\s*[:：]",
    re.I,
)
_SITE = re.compile(r"\s*(?:[|_–—·]|\s-\s|-(?=[^-]*[网报社站台]$))\s*[^|_–—·]{1,30}$")
_TOKEN = re.compile(r"[A-Za-z0-9]+|\s+|.", re.S)


class Kind(StrEnum):
    """What differs from the original."""

    MISSING = "missing"  # there is no page any more
    TITLE = "title"
    AUTHOR = "author"
    EARLIER = "earlier"  # dated earlier here than there
    DROPPED = "dropped"
    ADDED = "added"
    CHANGED = "changed"
    OTHER = "other"  # the page shows another text


@dataclass(frozen=True, slots=True)
class Side:
    """An article as one place shows it."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published: GivenDate | None = None
    text: str = ""
    original_title: str | None = None  # stated beside a changed one


@dataclass(frozen=True, slots=True)
class Difference:
    """One kind of difference: what is here, what is there ("" for nothing)."""

    kind: Kind
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences beside each other: `how` is `same`, `changed`, `added` (ours) or `dropped`."""

    how: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of comparing an entry with its original.

    `share` is how much of our text stands there (0 to 1), None where texts were not compared;
    `excerpt` that ours ends earlier. `notes` say what was not compared, and why.
    """

    differences: tuple[Difference, ...] = ()
    passages: tuple[Passage, ...] = ()
    share: float | None = None
    excerpt: bool = False
    notes: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(dict.fromkeys(each.kind for each in self.differences))


MISSING = (404, 410)


def gone(status: int, url: str) -> Compared:
    """The original is not there any more (404 or 410)."""
    return Compared((Difference(Kind.MISSING, url, f"HTTP {status}"),))


def compare(
    ours: Side,
    theirs: Side,
    *,
    zone: str,
    shorten_titles: bool = False,
    notices: Sequence[str] = (),
) -> Compared:
    """What differs between what we hold and its original.

    `zone` is that of dates without one. `shorten_titles`: a title that only leaves words out is
    none. `notices` are texts that go with a reprint and were never in the original.
    """
    found, notes = list(_particulars(ours, theirs, ZoneInfo(zone), shorten_titles)), []
    text = _Texts(ours.text, theirs.text, notices)
    if not text.ours or not text.is_there:
        notes.append("the original shows no text" if text.ours else "we hold no text")
        return Compared(tuple(found), notes=tuple(notes))
    share = text.share()
    if share < _SHARE and likeness(ours.text, theirs.text) < _RELATED:
        beginning = (_clip(ours.text), _clip(theirs.text))
        found.append(Difference(Kind.OTHER, *beginning))
        return Compared(tuple(found), share=share, notes=tuple(notes))
    passages, excerpt = text.passages()
    found += _of_passages(passages)
    return Compared(tuple(found), tuple(passages), share, excerpt, tuple(notes))


def _particulars(
    ours: Side, theirs: Side, zone: tzinfo, shorten_titles: bool
) -> Iterator[Difference]:
    if _retitled(ours, theirs, shorten_titles):
        yield Difference(Kind.TITLE, ours.title, theirs.title)
    if theirs.authors and {_bare(a) for a in ours.authors} != {_bare(a) for a in theirs.authors}:
        yield Difference(Kind.AUTHOR, "、".join(ours.authors), "、".join(theirs.authors))
    if ours.published and theirs.published and _is_before(ours.published, theirs.published, zone):
        yield Difference(Kind.EARLIER, str(ours.published), str(theirs.published))


def _retitled(ours: Side, theirs: Side, shorten: bool) -> bool:
    title, original = ours.title[:_TITLE], theirs.title[:_TITLE]
    if not _bare(title) or not _bare(original):
        return False
    there = {_bare(original), _bare(_SITE.sub("", original))}
    here = {_bare(title), _bare(_SITE.sub("", title)), _bare(ours.original_title or "")}
    return not there & here and not (shorten and is_shortened(title, original))


def is_shortened(title: str, original: str) -> bool:
    """Whether a title is the original's with words left out, and nothing put in their place."""
    rest = iter(_bare(original))
    return bool(_bare(title)) and all(character in rest for character in _bare(title))


def _is_before(ours: GivenDate, theirs: GivenDate, zone: tzinfo) -> bool:
    return _span(ours, zone)[1] <= _span(theirs, zone)[0]


def _span(date: GivenDate, zone: tzinfo) -> tuple[datetime, datetime]:
    """The instants between which a date lies, at its own precision."""
    start = date.earliest(zone)
    if date.has_time:
        return start, start + timedelta(minutes=1)
    days = {4: 366, 7: 31}.get(len(date.text), 1)
    return start, start + timedelta(days=days)


def _bare(text: str) -> str:
    """A text without all that makes no difference."""
    return _SIGNS.sub("", fold(text))


def _clip(text: str, longest: int = 120) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


# --- as it is stored and told -----------------------------------------------------------------


def to_json(compared: Compared) -> dict[str, Any]:
    """As it is stored; a sentence that is the same on both sides stands once."""
    return {
        "differences": [[d.kind.value, d.ours, d.theirs] for d in compared.differences],
        "passages": [
            [p.how, p.ours, None if p.ours == p.theirs else p.theirs] for p in compared.passages
        ],
        "share": None if compared.share is None else round(compared.share, 4),
        "excerpt": compared.excerpt,
        "notes": list(compared.notes),
    }


def from_json(value: dict[str, Any]) -> Compared:
    """As it was, from what is stored."""
    return Compared(
        tuple(Difference(Kind(kind), ours, theirs) for kind, ours, theirs in value["differences"]),
        tuple(
            Passage(how, ours, ours if theirs is None else theirs)
            for how, ours, theirs in value["passages"]
        ),
        value["share"],
        value["excerpt"],
        tuple(value["notes"]),
    )


FLAG = "original-"
_SAID = {
    Kind.MISSING: "the original is not there any more: {theirs} at {ours}",
    Kind.TITLE: "the title is {ours!r}, in the original {theirs!r}",
    Kind.AUTHOR: "the authors are {ours}, in the original {theirs}",
    Kind.EARLIER: "it is dated {ours}, the original {theirs}",
    Kind.DROPPED: "of the original this is left out: {theirs}",
    Kind.ADDED: "this is not in the original: {ours}",
    Kind.CHANGED: "{ours!r} is {theirs!r} in the original",
    Kind.OTHER: "the original shows another text: {theirs}",
}


def flags(compared: Compared) -> tuple[tuple[str, str], ...]:
    """What an editor should see: one flag a kind, with the first of it and how many more."""
    found: dict[Kind, list[Difference]] = {}
    for each in compared.differences:
        found.setdefault(each.kind, []).append(each)
    return tuple((FLAG + kind.value, _told(some)) for kind, some in found.items())


def _told(some: Sequence[Difference]) -> str:
    first = some[0]
    ours, theirs = _clip(first.ours) or "none", _clip(first.theirs) or "none"
    said = _SAID[first.kind].format(ours=ours, theirs=theirs)
    return said + (f" (and {len(some) - 1} more)" if len(some) > 1 else "")


def told(compared: Compared) -> str:
    """What came of it, in words: for the record of decisions."""
    if compared.kinds:
        return "differs from its original: " + ", ".join(compared.kinds)
    if compared.notes:
        return "as in its original, as far as was seen: " + ", ".join(compared.notes)
    return "as in its original" + (", an excerpt" if compared.excerpt else "")


# --- texts ------------------------------------------------------------------------------------


def sentences(text: str) -> list[str]:
    """The sentences of a text, Chinese or with spaces; a line end ends one too."""
    found = []
    for match in _SENTENCE.finditer(text):
        whole = match[0].strip()
        parts = (whole[at : at + _LONGEST] for at in range(0, len(whole), _LONGEST))
        found += [part for part in parts if _bare(part)]
    return found


class _Texts:
    """Two texts as lists of sentences, each with its bare form."""

    def __init__(self, ours: str, theirs: str, notices: Sequence[str]) -> None:
        self._end = ours.strip()[-40:]
        around = {_bare(s) for notice in notices for s in (notice, *sentences(notice))}
        self.ours = [s for s in sentences(ours)[:_MOST] if _bare(s) not in around]
        self.theirs = sentences(theirs)[:_MOST]
        self._a = [_bare(s) for s in self.ours]
        self._b = [_bare(s) for s in self.theirs]
        self._pairs_a, self._pairs_b = [*map(_pairs, self._a)], [*map(_pairs, self._b)]
        # A sentence that was only parted otherwise stands in the whole
        self._here, self._there = "".join(self._a), "".join(self._b)

    @property
    def is_there(self) -> bool:
        return len(self._there) >= min(_LITTLE, len(self._here))

    def share(self) -> float:
        """How much of our text stands in theirs."""
        found = sum(len(s) for s in self._a if s in self._there)
        return found / len(self._here)

    def passages(self) -> tuple[list[Passage], bool]:
        """All of both texts in order, and whether ours is an excerpt."""
        matcher = difflib.SequenceMatcher(None, self._a, self._b, autojunk=False)
        steps: list[Passage] = []
        excerpt = False
        for how, a, b, c, d in matcher.get_opcodes():
            ours, theirs = range(a, b), range(c, d)
            is_end = b == len(self._a) and d == len(self._b)
            if how == "delete" or (how == "insert" and not (is_end and self._ends_early(c))):
                steps += self._apart(ours, theirs)
            elif how == "insert":
                excerpt = True
            elif how == "equal":
                steps += [
                    Passage("same", self.ours[i], self.theirs[j])
                    for i, j in zip(ours, theirs, strict=True)
                ]
            else:
                if is_end and self._ends_early(c + len(ours)):
                    theirs, excerpt = range(c, c + len(ours)), True
                steps += self._replaced(ours, theirs)
        return steps, excerpt

    def _ends_early(self, at: int) -> bool:
        """Whether ours ends before theirs in a way that is no distortion."""
        rest = len("".join(self._b[at:]))
        if not rest:
            return False
        had = len(self._there) - rest
        return had <= _EXCERPT * len(self._there) or bool(_GOES_ON.search(self._end))

    def _replaced(self, ours: range, theirs: range) -> Iterator[Passage]:
        """Sentences in each other's place: paired where one is the other changed."""
        left = list(theirs)
        for i in ours:
            j = self._closest(i, left[:_NEAR])
            if j is None:
                yield from self._apart(range(i, i + 1), range(0))
                continue
            for before in [k for k in left if k < j]:
                yield from self._apart(range(0), range(before, before + 1))
            left = [k for k in left if k > j]
            is_same = self._a[i] in self._there and self._b[j] in self._here
            yield Passage("same" if is_same else "changed", self.ours[i], self.theirs[j])
        for j in left:
            yield from self._apart(range(0), range(j, j + 1))

    def _closest(self, i: int, among: Sequence[int]) -> int | None:
        alike = {j: _alike(self._pairs_a[i], self._pairs_b[j]) for j in among}
        best = max(alike, key=alike.__getitem__, default=None)
        return best if best is not None and alike[best] >= _ALIKE else None

    def _apart(self, ours: Iterable[int], theirs: Iterable[int]) -> Iterator[Passage]:
        """Sentences that have none beside them."""
        for i in ours:
            is_said = self._a[i] in self._there or not _is_passage(self.ours[i], self._a[i])
            yield Passage("same" if is_said else "added", self.ours[i], "")
        for j in theirs:
            if self._b[j] not in self._here and _is_passage(self.theirs[j], self._b[j]):
                yield Passage("dropped", "", self.theirs[j])


def _pairs(bare: str) -> frozenset[str]:
    return frozenset(bare[at : at + 2] for at in range(max(1, len(bare) - 1)))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice's coefficient: 1 for the same pairs of characters, 0 for none in common."""
    return 2 * len(one & other) / (len(one) + len(other))


def _is_passage(sentence: str, bare: str) -> bool:
    """Whether a sentence is part of an article: no caption, no label, nothing too short."""
    return len(bare) >= _PASSAGE and bool(_ENDS.search(sentence)) and not _LABEL.match(sentence)


_OF = {"changed": Kind.CHANGED, "added": Kind.ADDED, "dropped": Kind.DROPPED}


def _of_passages(passages: Iterable[Passage]) -> Iterator[Difference]:
    for passage in passages:
        if passage.how in _OF:
            yield Difference(_OF[passage.how], passage.ours, passage.theirs)


def beside(ours: str, theirs: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Two texts in runs, each with whether the other side has it not; for ins and del."""
    a, b = _TOKEN.findall(ours), _TOKEN.findall(theirs)
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for how, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if i < j:
            left.append(("".join(a[i:j]), how != "equal"))
        if k < m:
            right.append(("".join(b[k:m]), how != "equal"))
    return left, right
