"""A list of subscribers as CSV: read with every problem and its line, and written.

Header row, UTF-8. `email`, `consent` (text: when and how), and optionally `name, digests, columns,
frequency, language, timezone, hour, consented_at, state`; the order is free, other columns are
ignored.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from syndicate.core import subscription
from syndicate.core.subscription import Wish
from syndicate.errors import Problem
from syndicate.model import Subscriber, SubscriberState
from syndicate.settings import Settings

REQUIRED = ("email", "consent")
OPTIONAL = (
    *("name", "digests", "columns", "frequency", "language", "timezone", "hour"),
    *("consented_at", "state"),
)
_MARKS = {";": "semicolons", "\t": "tabs", "|": "bars", "，": "full-width commas"}
_SEVERAL = re.compile(r"[\s,;|、，；]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One row, checked. `consent` "" means that there is none."""

    line: int
    email: str
    wish: Wish
    consent: str
    consented_at: datetime | None
    state: SubscriberState | None


def read(text: str, file: str, settings: Settings) -> tuple[list[Row], list[Problem]]:
    """The rows of a list and everything that is wrong with it; `file` is its name in messages."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    rows: list[Row] = []
    problems: list[Problem] = []
    try:
        heads = [head.strip().lower() for head in next(reader, [])]
        missing = [name for name in REQUIRED if name not in heads]
        if missing:
            named = ", ".join(missing)
            return [], [Problem(file, 1, f"the header row has no column {named}{_other(heads)}")]
        twice = [name for name in (*REQUIRED, *OPTIONAL) if heads.count(name) > 1]
        if twice:
            return [], [Problem(file, 1, f"the header row has {', '.join(twice)} more than once")]
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            read_row = _row(dict(zip(heads, cells, strict=False)), reader.line_num, settings)
            if len(cells) > len(heads):
                problems.append(Problem(file, reader.line_num, "more cells than the header row"))
            elif isinstance(read_row, Row):
                rows.append(read_row)
            else:
                problems += [Problem(file, reader.line_num, each) for each in read_row]
    except csv.Error as error:
        problems.append(Problem(file, reader.line_num, f"is no CSV: {error}"))
    return rows, problems


def _other(heads: list[str]) -> str:
    """A hint at what spreadsheets write in some countries."""
    mark = next((name for m, name in _MARKS.items() if len(heads) == 1 and m in heads[0]), "")
    return f"; cells are separated by commas, not {mark}" if mark else ""


def _row(cells: dict[str, str], line: int, settings: Settings) -> Row | list[str]:
    given = {name: cells.get(name, "").strip() for name in (*REQUIRED, *OPTIONAL)}
    email = subscription.address(given["email"])
    wish = Wish(
        digests=_several(given["digests"]),
        columns=_several(given["columns"]),
        frequency=given["frequency"] or None,
        language=given["language"] or None,
        timezone=given["timezone"] or None,
        hour=given["hour"] or None,
        name=given["name"] or None,
    )
    wrong = [] if email else [f"{given['email']!r} is no mail address"]
    wrong += subscription.problems(wish, settings, public=False)
    at, state = _moment(given["consented_at"], wrong), _state(given["state"], wrong)
    if wrong or email is None:
        return wrong
    return Row(line, email, wish, given["consent"], at, state)


def _several(cell: str) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(filter(None, _SEVERAL.split(cell)))) or None


def _moment(cell: str, wrong: list[str]) -> datetime | None:
    if not cell:
        return None
    try:
        at = datetime.fromisoformat(cell)
    except ValueError:
        wrong.append(f"consented_at {cell!r} is no ISO 8601 time")
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _state(cell: str, wrong: list[str]) -> SubscriberState | None:
    try:
        return SubscriberState(cell) if cell else None
    except ValueError:
        wrong.append(f"state {cell!r} is none of {', '.join(SubscriberState)}")
        return None


def write(people: Iterable[Subscriber]) -> Iterator[str]:
    """The same list, line by line; what `read` takes."""
    yield _line(("email", "consent", *OPTIONAL, "joined", "paused_until"))
    for person in people:
        yield _line(
            (
                person.email,
                person.consent,
                person.name,
                " ".join(person.digests),
                " ".join(person.columns),
                person.frequency,
                person.language,
                person.timezone,
                "" if person.hour is None else str(person.hour),
                _iso(person.joined),
                person.state.value,
                _iso(person.joined),
                _iso(person.paused_until),
            )
        )


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
