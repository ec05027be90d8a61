"""What a person sees: tables that align Chinese, colour for state only, one progress bar.

Reports go to stdout, log lines and progress to stderr. Colour and progress appear on terminals
alone, and never with NO_COLOR.
"""

from __future__ import annotations

import io
import json
import os
import re
import select
import shutil
import sys
import time
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import click

_STATES = {
    **dict.fromkeys(("ok", "published", "confirmed", "sent"), "green"),
    **dict.fromkeys(("failing", "failed", "suppressed", "gone", "retracted"), "red"),
    **dict.fromkeys(("held", "paused", "deferred", "unconfirmed", "rejected"), "yellow"),
}

_TWO_COLUMNS = 100  # of a terminal; less is too narrow for two texts
_PIECE = re.compile(r"[\u2e80-\U0003ffff]|[^\s\u2e80-\U0003ffff]+ ?| ")


def width(text: str) -> int:
    """Columns of a terminal that a text takes: wide characters take two (UAX #11)."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def clip(text: str, columns: int) -> str:
    """A text cut to so many columns, with … where something is missing."""
    text = " ".join(text.split())
    if width(text) <= columns:
        return text
    kept = ""
    for character in text:
        if width(kept + character) > columns - 1:
            break
        kept += character
    return kept + "…"


def wrapped(text: str, columns: int) -> list[str]:
    """A text in lines of so many columns, broken at spaces and between wide characters."""
    lines, line, used = [], "", 0
    for piece in _PIECE.findall(" ".join(text.split())):
        for part in (piece,) if width(piece) <= columns else piece:
            if used + width(part.rstrip()) > columns:
                lines.append(line.rstrip())
                line, used = "", 0
                part = part.lstrip()
            line, used = line + part, used + width(part)
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def beside(left: str, right: str, marks: tuple[str, str] = (" ", " ")) -> None:
    """Two texts in two columns where there is room for them, else one after the other; `marks`
    stand before each of their lines."""
    room = shutil.get_terminal_size().columns
    if room < _TWO_COLUMNS:
        for mark, text in zip(marks, (left, right), strict=True):
            for line in wrapped(text, max(room, 40) - 4) if text else ():
                say(f"  {mark} {line}")
        return
    half = (room - 8) // 2
    ours, theirs = wrapped(left, half), wrapped(right, half)
    for number in range(max(len(ours), len(theirs))):
        one = ours[number] if number < len(ours) else ""
        other = theirs[number] if number < len(theirs) else ""
        start = f"  {marks[0] if one else ' '} {one}{' ' * (half - width(one))}"
        say(f"{start}  {marks[1] if other else ' '} {other}".rstrip())


def table(rows: Iterable[Sequence[str]], heads: Sequence[str]) -> None:
    """Rows under heads, every column as wide as it needs; the last one is not padded."""
    lines = [list(map(str, row)) for row in rows]
    widths = [max(map(width, cells)) for cells in zip(heads, *lines, strict=True)]
    say(click.style(_line(heads, widths), bold=True) if coloured() else _line(heads, widths))
    for line in lines:
        say(_line(line, widths))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        state(cell) + " " * (wide - width(cell)) for cell, wide in zip(cells, widths, strict=True)
    ]
    return "  ".join(padded).rstrip()


def state(word: str) -> str:
    """A word for a state, in its colour on a terminal."""
    colour = _STATES.get(word)
    return click.style(word, fg=colour) if colour and coloured() else word


def coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def say(text: str = "") -> None:
    """One line of a report."""
    click.echo(text, color=coloured())


def document(value: Any) -> None:
    """Exactly one JSON document on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
    _PRINTED[:] = [sys.stdout]


_PRINTED: list[Any] = []  # the stream that has its document


def documented() -> bool:
    """Whether this call has printed its document."""
    return sys.stdout in _PRINTED


def prepare() -> None:
    """Let Chinese be written in every locale: what is no terminal gets UTF-8, as JSON is."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() not in _UNICODE:
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


_UNICODE = ("utf-8", "utf8", "utf_8")


def closed() -> bool:
    """Whether nobody reads our report any more; what is still to be written then goes nowhere."""
    asked = select.poll()
    asked.register(sys.stdout.fileno(), 0)
    if not asked.poll(0):
        return False
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    return True


class Progress:
    """A bar on stderr for work that takes over two seconds; none where that is no terminal.

    Called with what is done and what there is; rich (117 ms) is imported only for a bar that shows.
    """

    _AFTER = 2.0  # seconds

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None:
            if time.monotonic() - self._started < self._AFTER or not sys.stderr.isatty():
                return
            from rich.console import Console
            from rich.progress import Progress as Bar

            self._bar = Bar(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("", total=total)
        self._bar.update(self._task, completed=done, total=total)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
