"""Text made comparable: what a person would call the same word is the same string.

NFKC (widths, ①), case folded, traditional characters as simplified ones, white space as one
space. For keys and comparing only, never for what is shown.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SHORT = 100  # characters; names and titles come again and again, texts do not
# Where the characters of almost all texts are: Latin, Greek, Cyrillic, punctuation, kana, widths
_ALPHABETS = ((0x20, 0x500), (0x2000, 0x2070), (0x3000, 0x3100), (0xFF00, 0xFF60))
_HAN = (0x4E00, 0xA000)
# Simplified characters that OpenCC changes beside others (反覆 is 反复, 覆盖 stays)
_PHRASED = frozenset("哩坏沈甦瞭藉衹覆")
_TOGETHER = 0xFFFF  # stands in the table for what has to be seen with its neighbours


def fold(text: str) -> str:
    """`Ｆｕｌｌ　Width 國會` as `full width 国会`."""
    return _folded_short(text) if len(text) <= _SHORT else _folded(text)


def _folded(text: str) -> str:
    if text.isascii():
        return " ".join(text.lower().split())
    folded = _by_table(text) if len(text) > _SHORT else None
    if folded is None:
        folded = _simplified(_compatible(text))
    return " ".join(folded.split())


def _compatible(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _simplified(text: str) -> str:
    simplifier = _simplifier()
    try:
        converted: str = simplifier.convert(text)
    except UnicodeEncodeError:  # half a character: compared as a question mark
        converted = simplifier.convert(text.encode("utf-8", "replace").decode())
    return converted


def _by_table(text: str) -> str | None:
    """A text folded character by character, in a tenth of the time; None where one of them has
    to be seen with its neighbours, such as a combining mark."""
    import numpy as np  # 80 ms that short texts do not need

    try:
        codes = np.frombuffer(text.replace("…", "...").encode("utf-32-le"), np.uint32)
    except UnicodeEncodeError:
        return None
    table, traditional = _tables()
    folded = table.take(codes, mode="clip")  # above it is what its last place says
    if folded.max() == _TOGETHER:
        return None
    compatible = folded.tobytes().decode("utf-16-le")
    return _simplified(compatible) if traditional[folded].any() else compatible


@cache
def _tables() -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """What characters are to `_compatible`, and which of those are not left alone by OpenCC."""
    import numpy as np

    table = np.full(0x10000, _TOGETHER, np.uint16)
    traditional = np.ones(0x10000, bool)
    alone = [c for low, high in _ALPHABETS for c in map(chr, range(low, high)) if _is_alone(c)]
    alone += map(chr, range(*_HAN))
    compatible = _compatible("\n".join(alone))
    simplified = _simplified(compatible).split("\n")
    for char, folded, simple in zip(alone, compatible.split("\n"), simplified, strict=True):
        if len(folded) == 1 and _is_alone(folded):
            table[ord(char)] = code = ord(folded)
            traditional[code] = folded != simple or folded in _PHRASED
    table[9:14] = range(9, 14)  # white space
    traditional[9:14] = False
    return table, traditional


def _is_alone(char: str) -> bool:
    """Whether no character beside it can make another of it in NFKC; Hangul's parts aside."""
    return not unicodedata.category(char).startswith("M") and not "\u1100" <= char <= "\u11ff"


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
