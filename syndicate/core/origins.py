"""The operator's list of permitted origins (稿源白名单), and whether an entry's origin is on it.

Judged is who is stated to have published an article first, not the feed that it was read from.
A name counts as the list has it, width, spaces, punctuation and traditional characters aside;
what only looks like a name on the list is told to an editor, and never taken for it.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from syndicate.core import urls
from syndicate.core.folding import fold
from syndicate.model import Attribution

KEYS = ("name", "aliases", "domains", "level", "from", "until", "note")
_HEADINGS = {
    **{key: key for key in KEYS},
    **dict.fromkeys(("name", "名称", "稿源", "稿源名称", "单位名称"), "name"),
    **dict.fromkeys(("alias", "别名"), "aliases"),
    **dict.fromkeys(("domain", "域名", "网址"), "domains"),
    **dict.fromkeys(("级别", "类别"), "level"),
    **dict.fromkeys(("valid_from", "起", "有效期起", "有效期自", "生效日期"), "from"),
    **dict.fromkeys(("valid_until", "止", "有效期至", "有效期止", "失效日期"), "until"),
    **dict.fromkeys(("备注", "说明"), "note"),
}
_SEPARATORS = re.compile(r"\s*[;；|｜、\n]\s*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")
_NEAR = 3
_ALIKE = 0.6
Said = tuple[int, str]  # line, message


@dataclass(frozen=True, slots=True)
class Origin:
    """One permitted origin: `begins` and `ends` are days, both of them within."""

    name: str
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    level: str = ""
    begins: date | None = None
    ends: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the list says of an entry's origin.

    `state`: `listed`; `absent`; `expired` (not in its days when the entry was received);
    `asserted` (on the list, but no link of the entry leads to a domain of it). `near` are names
    on the list that an editor may have meant.
    """

    state: str
    reason: str
    origin: str = ""
    near: tuple[str, ...] = ()


def key(name: str | None) -> str:
    """A name as the list compares it."""
    return re.sub(r"[\W_]+", "", fold(name or ""))


@dataclass(frozen=True)
class Register:
    """The list, ready to be asked."""

    origins: tuple[Origin, ...] = ()
    _names: dict[str, Origin] = field(init=False, repr=False, compare=False)
    _domains: dict[str, Origin] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names: dict[str, Origin] = {}
        domains: dict[str, Origin] = {}
        for origin in self.origins:
            for name in (origin.name, *origin.aliases):
                names.setdefault(key(name), origin)
            for domain in origin.domains:
                domains.setdefault(domain, origin)
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_domains", domains)

    def judge(self, said: Attribution, url: str, received: date) -> Verdict:
        """Whether the origin of an entry is on the list; `url` is its main link."""
        source = said.source
        links = [link for link in (said.original_url, url) if link]
        origin = self._names.get(key(source.name)) if source.name else None
        if origin is None:
            places = (urls.host(each) for each in (source.feed, source.url))
            origin = next(filter(None, map(self._at, places)), None)
        stated = source.name or source.url or source.feed or ""
        if origin is None:
            return self._absent(stated, links)
        if not _within(origin, received):
            reason = f"{origin.name} is on the list {_days(origin)}, not on {received}"
            return Verdict("expired", reason, origin.name)
        there = next((h for link in links if self._is_of(h := urls.host(link), origin)), None)
        level = f" ({origin.level})" if origin.level else ""
        if there is not None:
            return Verdict(
                "listed", f"{origin.name}{level} is on the list, at {there}", origin.name
            )
        return Verdict("asserted", _asserted(origin, links), origin.name)

    def _absent(self, stated: str, links: Iterable[str]) -> Verdict:
        near = tuple(self._near(stated, links))
        what = f"{stated} is not on the list" if stated else "no origin is stated"
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        return Verdict("absent", what + hint, near=near)

    def _near(self, stated: str, links: Iterable[str]) -> Iterator[str]:
        """Names on the list that are much like one, hold it or are held by it, or whose domain
        the entry's link leads to."""
        own = key(stated)
        close = difflib.get_close_matches(own, self._names, _NEAR, _ALIKE) if own else []
        holding = [
            name
            for name in self._names
            if min(len(name), len(own)) > 1 and (name in own or own in name)
        ]
        found = [self._names[name].name for name in (*close, *holding)]
        at = (self._at(urls.host(link)) for link in links)
        found += [origin.name for origin in at if origin is not None]
        yield from tuple(dict.fromkeys(found))[:_NEAR]

    def _at(self, host: str) -> Origin | None:
        """The origin on whose domain a host is, the longest domain first."""
        labels = host.split(".")
        for start in range(len(labels)):
            origin = self._domains.get(".".join(labels[start:]))
            if origin is not None:
                return origin
        return None

    def _is_of(self, host: str, origin: Origin) -> bool:
        return any(host == d or host.endswith(f".{d}") for d in origin.domains)


def _within(origin: Origin, day: date) -> bool:
    begun = origin.begins is None or origin.begins <= day
    return begun and (origin.ends is None or day <= origin.ends)


def _days(origin: Origin) -> str:
    days = (("from", origin.begins), ("until", origin.ends))
    return " ".join(f"{word} {day}" for word, day in days if day)


def _asserted(origin: Origin, links: Iterable[str]) -> str:
    hosts = list(dict.fromkeys(filter(None, map(urls.host, links))))
    if not origin.domains:
        return f"{origin.name} is only stated: the list has no domain of it"
    if not hosts:
        return f"{origin.name} is only stated: no link to the original"
    at, own = ", ".join(hosts), ", ".join(origin.domains)
    return f"{origin.name} is only stated: its link leads to {at}, not to {own}"


# --- the file -------------------------------------------------------------------------------


def read(name: str, text: str) -> tuple[Register, tuple[Said, ...]]:
    """The list in a CSV or (by the name of the file) TOML text, and what is wrong with it."""
    problems: list[Said] = []
    rows = _toml(text, problems) if name.lower().endswith(".toml") else _csv(text, problems)
    found: list[Origin] = []
    owners: dict[str, tuple[int, str]] = {}
    for line, row in rows:
        origin = _origin(row, line, problems)
        if origin is not None:
            _claim(origin, line, owners, problems)
            found.append(origin)
    if not found and not problems:
        problems.append((1, "there is no origin in it"))
    return Register(tuple(found)), tuple(problems)


def _csv(text: str, problems: list[Said]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")), strict=True)
    heads: list[str] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells) or cells[0].startswith("#"):
                continue
            if not heads:
                heads = [_heading(cell, reader.line_num, problems) for cell in cells]
                if "name" not in heads:
                    problems.append(
                        (
                            reader.line_num,
                            "the first row must name the columns, with `name` among them",
                        )
                    )
                    return
                continue
            if len(cells) > len(heads):
                problems.append(
                    (
                        reader.line_num,
                        f"{len(cells)} cells, where the first row names {len(heads)} columns",
                    )
                )
                continue
            yield reader.line_num, dict(zip(heads, cells, strict=False))
    except csv.Error as error:
        problems.append((reader.line_num, f"not CSV: {error}"))


def _heading(text: str, line: int, problems: list[Said]) -> str:
    known = _HEADINGS.get(fold(text).replace(" ", "_"))
    if known is None and text:
        close = difflib.get_close_matches(text.lower(), _HEADINGS, 1)
        hint = f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(KEYS)}"
        problems.append((line, f"no column {text!r}{hint}"))
    return known or ""


def _toml(text: str, problems: list[Said]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        data = tomllib.loads(text.lstrip("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        problems.append((int(at[1]) if at else text.count("\n") + 1, f"not TOML: {error}"))
        return
    starts = [n for n, row in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[", row)]
    rows = data.get("origins")
    if not isinstance(rows, list) or set(data) - {"origins"}:
        problems.append((1, "it has tables [[origins]] and nothing else"))
        return
    for number, row in enumerate(rows):
        line = starts[number] if number < len(starts) else 0
        if not isinstance(row, dict):
            problems.append((line, "should be a table [[origins]]"))
            continue
        yield line, {_heading(str(name), line, problems): value for name, value in row.items()}


def _origin(row: Mapping[str, Any], line: int, problems: list[Said]) -> Origin | None:
    name = _cell(row.get("name"))
    if not key(name):
        problems.append((line, "it has no name"))
        return None
    domains = [_domain(text) for text in _cells(row.get("domains"))]
    wrong = [text for text in domains if not _DOMAIN.fullmatch(text)]
    problems.extend((line, f"{text!r} is not a domain such as news.example") for text in wrong)
    begins, ends = (_day(row.get(name), name, line, problems) for name in ("from", "until"))
    if begins and ends and ends < begins:
        problems.append((line, f"until {ends} is before from {begins}"))
    return Origin(
        name=name,
        aliases=tuple(filter(key, _cells(row.get("aliases")))),
        domains=tuple(dict.fromkeys(domains)),
        level=_cell(row.get("level")),
        begins=begins,
        ends=ends,
        note=_cell(row.get("note")),
    )


def _cell(value: Any) -> str:
    return " ".join(str(value).split()) if value is not None else ""


def _cells(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for each in value if (text := _cell(each))]
    return [text for text in _SEPARATORS.split(_cell(value)) if text]


def _domain(text: str) -> str:
    """`https://www.news.example/a`, `*.news.example` and `.news.example` as `news.example`."""
    bare = text.lower().removeprefix("*").lstrip(".")
    return urls.host(bare if "//" in bare else f"//{bare}") or bare


def _day(value: Any, name: str, line: int, problems: list[Said]) -> date | None:
    text = _cell(value)
    if not text:
        return None
    from syndicate.core import dates  # its patterns take 6 ms, and most runs read no list

    found = dates.read_date(text)
    if found is None or len(found.text) != len("2026-01-01"):
        problems.append((line, f"{name}: {text!r} is not a day such as 2026-01-31"))
        return None
    return date.fromisoformat(found.text)


def _claim(origin: Origin, line: int, owners: dict[str, Said], problems: list[Said]) -> None:
    """A name or alias is one origin's alone."""
    for name in dict.fromkeys((origin.name, *origin.aliases)):
        other, whose = owners.setdefault(key(name), (line, origin.name))
        if whose != origin.name or other != line:
            problems.append((line, f"{name!r} is a name of {whose} (line {other}) already"))
