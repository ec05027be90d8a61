"""Plain text as mail wants it: lines of at most 72 columns, Chinese characters being two wide."""

from __future__ import annotations

import re
from functools import lru_cache

_WIDTH = 72
_WIDE = r"\u2e80-\u9fff\uff00-\uff60"
_IS_WIDE = re.compile(f"[{_WIDE}\u1100-\u115f\uac00-\ud7a3]")


def wrap(text: str, first: str = "", rest: str = "") -> str:
    """Text in lines of at most 72 columns, where a Chinese character takes two; no line begins
    with a mark that closes."""
    lines: list[str] = []
    line, width = first, _columns(first)
    for word in _words(text):
        size = _columns(word)
        if width + size > _WIDTH and line.strip() and line != rest and not _closes(word):
            lines.append(line.rstrip())
            word = word.lstrip()
            line, width, size = rest, _columns(rest), _columns(word)
        line += word
        width += size
    lines.append(line.rstrip())
    return "\n".join(lines)


def underline(text: str) -> str:
    """A heading of the text part: the text over a line of `=` as wide as it is."""
    return f"{text}\n{'=' * min(_columns(text), _WIDTH)}"


def _words(text: str) -> list[str]:
    return re.findall(
        r"[\u2e80-\u9fff\uff00-\uffef\u3000-\u303f]|\s*[^\s\u2e80-\u9fff\uff00-\uffef\u3000-\u303f]+|\s+",
        text,
    )


@lru_cache(maxsize=8192)  # a Chinese word is one character, and comes again and again
def _columns(text: str) -> int:
    return len(text) if text.isascii() else len(text) + len(_IS_WIDE.findall(text))


def _closes(word: str) -> bool:
    return word[0] in "，。、；：？！”’）》】」』,.;:?!)]}"
