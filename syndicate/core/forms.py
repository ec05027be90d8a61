"""How a text is written, whatever it says: its marks, figures and capitals, and how long it is.

Houses have habits. A column's headlines quote, count, name or ask in ways of their own, and are
cut to a width. No more is kept of a text than the kinds of its characters.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]

_CJK = 0x2E80
_LONGEST = 120
_WIDE = re.compile("[\u2e80-\U0010ffff]")
_CASED = re.compile(r"[A-Za-z0-9\u00c0-\u024f\u0370-\u052f]+")
_CAPITAL = re.compile(r"(?<![A-Za-z0-9])[a-z0-9]*+[A-Z][A-Za-z0-9]*")  # the same, of ASCII
_RUNS = np.isin(np.arange(128), [ord(kind) for kind in "XAa0 "])  # of which any number are one


@dataclass(frozen=True, slots=True)
class Form:
    """The shape of a headline (or of a text that has none), that of the text below it, and the
    words of both that have a capital, as written."""

    head: Codes
    below: Codes
    capitals: tuple[str, ...] = ()


NONE = Form(np.zeros(0, np.uint32), np.zeros(0, np.uint32))


class _Kinds(dict[int, str]):
    """What stands for a character: X (Chinese, kana, Hangul), A and a (letters), 0, a space, or
    itself if it is a mark. Filled as characters come."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kind = unicodedata.category(char)
        if kind[0] in "LM":
            told = "X" if code >= _CJK else "A" if kind in ("Lu", "Lt") else "a"
        else:
            told = {"N": "0", "Z": " ", "C": " "}.get(kind[0], char)
        self[code] = told
        return told


_KINDS = _Kinds()
_ASCII = "".join(map(_KINDS.__getitem__, range(128))).encode().ljust(256)


def shape(text: str) -> Codes:
    """The code points of `0X(X)` for `2012年考研攻略(图)`, of `A - Aa A` for `AP - The US`."""
    if text.isascii():
        small = np.frombuffer(text.strip().encode().translate(_ASCII), np.uint8)
        new = np.ones(len(small), bool)
        new[1:] = (small[1:] != small[:-1]) | ~_RUNS[small[1:]]
        return small[new].astype(np.uint32)
    kinds = text.strip().translate(_KINDS).encode("utf-32-le", "replace")
    codes = np.frombuffer(kinds, np.uint32)
    again = (codes[1:] == codes[:-1]) & _RUNS[np.minimum(codes[1:], 127)]
    return np.concatenate([codes[:1], codes[1:][~again]])


def form(title: str, text: str) -> Form:
    """How a headline and its text are written; one of them may be empty."""
    head, below = (
        part if part.isascii() else unicodedata.normalize("NFKC", part)
        for part in ((title, text) if title else (text, ""))
    )
    if head.isascii() and below.isascii():
        capitals = (*_CAPITAL.findall(head), *_CAPITAL.findall(below))
    else:
        cased = _CASED.findall(head) + _CASED.findall(below)
        capitals = tuple(word for word in cased if word != word.lower())
    return Form(shape(head), shape(below), capitals)


def width(text: str) -> int:
    """In columns of a terminal, roughly: two for what is Chinese, kana or Hangul; 120 at most."""
    text = text[: _LONGEST + 1].strip()
    return min(len(text) + len(_WIDE.findall(text)), _LONGEST)
