"""Text made comparable: what a person would call the same word is the same string.

NFKC (widths, ①), case folded, traditional characters as simplified ones, white space as one
space. For keys and comparing only, never for what is shown.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import Any

_SHORT = 100  # characters; names and titles come again and again, texts do not


def fold(text: str) -> str:
    """`Ｆｕｌｌ　Width 國會` as `full width 国会`."""
    return _folded_short(text) if len(text) <= _SHORT else _folded(text)


def _folded(text: str) -> str:
    if text.isascii():
        return " ".join(text.lower().split())
    text = unicodedata.normalize("NFKC", text).casefold()
    try:
        text = _simplifier().convert(text)
    except UnicodeEncodeError:  # half a character: compared as a question mark
        text = _simplifier().convert(text.encode("utf-8", "replace").decode())
    return " ".join(text.split())


_folded_short = lru_cache(maxsize=2048)(_folded)

LINE = "\x7f"  # what stands for the end of a line in `fold_lines`; no text here holds it


@lru_cache(maxsize=4)  # recognising and filing want that of the same article, one after the other
def fold_lines(text: str) -> str:
    """As `fold`, with `LINE` where a line ends."""
    return fold(text.strip().replace("\n", LINE))


def fold_text(text: str) -> str:
    """As `fold`, for a whole article, of which `fold_lines` may be known."""
    return " ".join(fold_lines(text).replace(LINE, " ").split())


@cache
def _simplifier() -> Any:
    import opencc  # 30 ms that only those who compare Chinese should pay

    return opencc.OpenCC("t2s")
