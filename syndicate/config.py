"""config.toml to Settings: every problem at once, each with its key and, where known, its line.

The shapes are the dataclasses of settings.py, and checked by hand from their type hints: sixty
lines here against the 107 ms that pydantic takes to import, whose messages would have to be
translated one by one besides. Also here: the names of the file (`from`), folders, secrets, what
refers to what, and the words of the messages.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from datetime import timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from syndicate.errors import ConfigError, Problem
from syndicate.settings import (
    Column,
    Digest,
    Mail,
    Origins,
    Settings,
    Source,
    Storage,
    Web,
)
from syndicate.values import replaced

ADMIN_TOKEN = "env:SYNDICATE_ADMIN_TOKEN"
REST_TITLES = {"zh": "其他", "en": "Other"}
RESERVED = ("articles", "archive", "editions")
ROUTES = (
    "subscribe",
    "confirm",
    "preferences",
    "unsubscribe",
    "claims",
    "admin",
    "websub",
    "healthz",
    "readyz",
    "metrics",
)
REQUIRABLE = (
    *("source", "origin", "author", "original_url"),
    *("published", "rights", "licence", "editor"),
)
_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
_DURATION = re.compile(r"\s*(\d+)\s*([smhdw])\s*")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LMTP = re.compile(r"lmtp:(?://)?(\[[0-9A-Fa-f:.]+\]|[\w.-]+):\d{1,5}/?")
_ROUTE = re.compile(r"(maildir:.|smtps?://.|lmtp:.|sendmail:.)")


def duration(text: str) -> timedelta:
    """`30m`, `2h`, `1d`, `90s`, `2w` as a span of time; ValueError where it is none."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a span of time such as 30m, 2h or 1d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


@dataclass
class _Reading:
    """What is gathered while one file is read."""

    file: Path
    text: str
    said: list[tuple[str, str, bool]] = field(default_factory=list)  # key, message, warning
    unset: list[str] = field(default_factory=list)  # keys whose secret is not there

    @cached_property
    def lines(self) -> dict[str, int]:
        """Where each key stands; only somebody who has something to say asks."""
        return line_numbers(self.text)

    def say(self, path: str, message: str, *, warning: bool = False) -> None:
        self.said.append((path, f"{path}: {message}" if path else message, warning))

    @property
    def is_wrong(self) -> bool:
        """Whether more than warnings was said."""
        return not all(warning for _, _, warning in self.said)

    def problems(self, *, warnings: bool) -> tuple[Problem, ...]:
        """What was said, with its lines."""
        return tuple(
            Problem(str(self.file), self._line(path), text, warning)
            for path, text, warning in self.said
            if warnings or not warning
        )

    def _line(self, path: str) -> int:
        while path:
            if path in self.lines:
                return self.lines[path]
            path = re.sub(r"(\.[^.\[]+|\[\d+\])$", "", path) if re.search(r"[.\[]", path) else ""
        return 0


def load(file: Path) -> Settings:
    """The settings of a file; ConfigError with every problem found."""
    settings, errors = _read(file, warnings=False)
    if errors or settings is None:
        raise ConfigError(errors)
    return settings


def read(file: Path) -> tuple[Settings | None, tuple[Problem, ...]]:
    """The settings, None where they are invalid, and all problems, warnings among them."""
    return _read(file, warnings=True)


def _read(file: Path, *, warnings: bool) -> tuple[Settings | None, tuple[Problem, ...]]:
    try:
        text = file.read_text("utf-8-sig")
    except FileNotFoundError:
        remedy = "run `syndicate init`, or name one with --config"
        return None, (Problem(str(file), 0, f"there is no such config; {remedy}"),)
    except (OSError, UnicodeDecodeError) as error:
        return None, (Problem(str(file), 0, f"cannot be read: {error}"),)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        return None, (Problem(str(file), line, f"not TOML: {error}"),)
    reading = _Reading(file.absolute(), text)
    settings = _settings(data, reading)
    return settings, reading.problems(warnings=warnings)


def line_numbers(text: str) -> dict[str, int]:
    """Where each table and key of a TOML text stands: path, as `sources[2].column`, to line.

    A hint for people, from the shape of the lines alone: what stands within multi-line values
    is skipped as far as brackets and quotes tell.
    """
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    prefix, depth, quote = "", 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if quote:
            quote = "" if quote in line else quote
            continue
        header = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?", line) if depth == 0 else None
        if header:
            prefix = _table_path(header[2], header[1] == "[[", counts)
            found.setdefault(prefix, number)
            continue
        key = re.match(r"""\s*([A-Za-z0-9_.-]+|"[^"]*")\s*=""", line) if depth == 0 else None
        if key:
            name = key[1].strip('"')
            found.setdefault(f"{prefix}.{name}" if prefix else name, number)
        quote = next((q for q in ('"""', "'''") if line.count(q) % 2), "")
        bare = re.sub(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|#.*", "", line)
        depth += bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")
    return found


def _table_path(name: str, repeated: bool, counts: dict[str, int]) -> str:
    path = ""
    parts = [part.strip().strip('"') for part in name.split(".")]
    for index, part in enumerate(parts):
        path = f"{path}.{part}" if path else part
        last = index == len(parts) - 1
        if last and repeated:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = f"{path}[{counts[path]}]"
    return path


def line_of(file: Path, path: str) -> int:
    """Where a key of a config file stands, 0 where that is not known."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return 0
    return _Reading(file, text)._line(path)


def _settings(data: dict[str, Any], reading: _Reading) -> Settings | None:
    if "file" in data:
        reading.say("file", "no such key")
    web = data.get("web", {})
    if isinstance(web, dict):  # the one secret that has a place by default
        data = {**data, "web": {"admin_token": ADMIN_TOKEN, **web}}
    built = _build(Settings, {**data, "file": reading.file}, "", reading)
    if built is None:
        return None
    settings = _complete(built, reading)
    _check(settings, reading)
    return None if reading.is_wrong else replace(settings, unset=tuple(reading.unset))


# --- shapes ---------------------------------------------------------------------------------


def _build(kind: type, data: Any, path: str, reading: _Reading) -> Any:
    """One dataclass of settings.py from a table; problems are said, None means it is unusable."""
    if not isinstance(data, dict):
        reading.say(path, f"should be a table, is {_name(data)}")
        return None
    shape = _shape(kind)
    hints, names = shape.hints, shape.names
    values: dict[str, Any] = {}
    for key, value in data.items():
        at = f"{path}.{key}" if path else key
        if key not in names:
            reading.say(at, "no such key" + _suggest(key, list(names)))
            continue
        converted = _value(hints[names[key]], value, at, reading)
        if converted is not _BAD:
            values[names[key]] = converted
    missing = [key for key in shape.required if names[key] not in values]
    for key in missing:
        if key not in data and key != "file":
            reading.say(f"{path}.{key}" if path else key, "is required")
    return None if missing else kind(**values)


@dataclass(frozen=True)
class _Shape:
    """What a table may hold: its keys with the names of their fields, and which it must."""

    hints: dict[str, Any]
    names: dict[str, str]
    required: tuple[str, ...]


@cache  # asking for type hints costs more than all else, and there may be 50,000 sources
def _shape(kind: type) -> _Shape:
    known = [f for f in fields(kind) if f.name not in _INTERNAL]
    required = tuple(_key(kind, f.name) for f in known if _required(f))
    return _Shape(get_type_hints(kind), {_key(kind, f.name): f.name for f in known}, required)


_BAD = object()
_INTERNAL = ("unset",)  # made here, no key of the file


def _required(f: Any) -> bool:
    return f.default is MISSING and f.default_factory is MISSING


def _key(kind: type, name: str) -> str:
    return "from" if kind is Mail and name == "sender" else name


def _value(hint: Any, value: Any, path: str, reading: _Reading) -> Any:
    """A value of the type a field asks for, or _BAD with what is wrong said."""
    form, args = _form(hint)
    if form is tuple:
        return _list(args[0], value, path, reading)
    if form is _Shape:
        built = _build(hint, value, path, reading)
        return _BAD if built is None else built
    if args:  # a Literal
        if value in args:
            return value
        allowed = ", ".join(repr(a) for a in args if a != "")
        reading.say(path, f"{value!r} is not one of {allowed}" + _suggest(str(value), list(args)))
        return _BAD
    return _scalar(hint, value, path, reading)


@cache
def _form(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """What a type hint asks for: tuple, _Shape for a table, else None; and its arguments."""
    table = is_dataclass(hint) and isinstance(hint, type)
    return (_Shape if table else get_origin(hint)), get_args(hint)


def _list(item: Any, value: Any, path: str, reading: _Reading) -> Any:
    if isinstance(value, str) and item is str:
        reading.say(path, f'should be a list, such as ["{value}"], is a text')
        return _BAD
    if not isinstance(value, list):
        reading.say(path, f"should be a list, is {_name(value)}")
        return _BAD
    made = [_value(item, each, f"{path}[{n}]", reading) for n, each in enumerate(value)]
    return tuple(each for each in made if each is not _BAD)


def _scalar(hint: Any, value: Any, path: str, reading: _Reading) -> Any:
    if hint is timedelta:
        try:
            return duration(value)
        except (ValueError, TypeError, OverflowError):
            reading.say(path, f"{value!r} is not a span of time such as 30m, 2h or 1d")
            return _BAD
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    wanted = Path if hint is Path else hint
    if type(value) is wanted or (wanted is Path and isinstance(value, Path)):
        return value
    reading.say(path, f"should be {_TYPE_NAMES.get(hint, hint.__name__)}, is {_name(value)}")
    return _BAD


_TYPE_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def _name(value: Any) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return f"{_TYPE_NAMES.get(type(value), type(value).__name__)} ({value!r})"


def _suggest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, [k for k in known if k], 1)
    return f"; did you mean {close[0]!r}?" if close else ""


# --- what is left out -----------------------------------------------------------------------


def _complete(settings: Settings, reading: _Reading) -> Settings:
    """Paths absolute, zones and senders filled in, secrets read, the rest column in place."""
    site = settings.site
    if not site.url.endswith("/"):
        site = replace(site, url=site.url + "/")
    root = settings.file.parent
    return replace(
        settings,
        site=site,
        storage=_storage(settings.storage, root, reading),
        columns=_columns(settings.columns, site.language),
        origins=Origins(str(root / settings.origins.list) if settings.origins.list else ""),
        sources=tuple(
            _source(
                source,
                site.timezone,
                root,
                _secret(source.password, f"sources[{number}].password", root, reading),
                copies=settings.media.copies,
            )
            for number, source in enumerate(settings.sources)
        ),
        digests=tuple(_digest(d, site.timezone) for d in settings.digests),
        mail=_mail(settings.mail, site.url, root, reading),
        web=_web(settings.web, root, reading),
    )


def _storage(storage: Storage, root: Path, reading: _Reading) -> Storage:
    database = database_url(storage.database, root)
    if not storage.output.strip():
        reading.say("storage.output", "must name a folder")
    backup = str(root / storage.backup) if storage.backup.strip() else ""
    return replace(storage, database=database, output=str(root / storage.output), backup=backup)


def database_url(text: str, root: Path) -> str:
    """`storage.database` as written, an SQLite path being relative to `root`."""
    if not text.startswith("sqlite:"):
        return text
    path = re.sub(r"^sqlite:(///?(?=[^/]))?", "", text)
    if not path:
        return "sqlite:"  # refused by _check_storage
    return f"sqlite:{root / path}"


def _columns(columns: tuple[Column, ...], language: str) -> tuple[Column, ...]:
    titled = tuple(c if c.title else replace(c, title=c.id) for c in columns)
    if any(column.rest for column in titled):
        return titled
    title = REST_TITLES["zh" if language.lower().startswith("zh") else "en"]
    if any(column.id == "rest" for column in titled):
        return tuple(replace(c, rest=True) if c.id == "rest" else c for c in titled)
    return (*titled, Column(id="rest", title=title, rest=True))


def _source(source: Source, zone: str, root: Path, password: str, *, copies: bool) -> Source:
    content = source.content
    if not content:
        free = source.type == "folder" or source.own or source.licence or source.permission
        content = "full" if free else "summary"
    return replaced(
        source,
        timezone=source.timezone or zone,
        path=str(root / source.path) if source.path else "",
        content=content,
        password=password,
        pictures=source.pictures or ("copy" if copies else "link"),
    )


def _digest(digest: Digest, zone: str) -> Digest:
    return replace(digest, timezone=digest.timezone or zone, title=digest.title or digest.id)


def _mail(mail: Mail, url: str, root: Path, reading: _Reading) -> Mail:
    host = re.sub(r"^[a-z]+://|[:/].*$", "", url)
    dkim = replace(mail.dkim, key=_secret(mail.dkim.key, "mail.dkim.key", root, reading))
    return replace(
        mail,
        sender=mail.sender or f"syndicate@{host}",
        password=_secret(mail.password, "mail.password", root, reading),
        inbox_password=_secret(mail.inbox_password, "mail.inbox_password", root, reading),
        claims_inbox_password=_secret(
            mail.claims_inbox_password, "mail.claims_inbox_password", root, reading
        ),
        claims_inbox=_with_path(mail.claims_inbox, ("maildir:",), root),
        route=_with_path(mail.route, ("maildir:",), root),
        inbox=_with_path(mail.inbox, _inbox_paths(mail.inbox), root),
        dkim=dkim,
    )


def _inbox_paths(inbox: str) -> tuple[str, ...]:
    """The schemes that a path follows: an LMTP address may be a host and port instead."""
    return ("maildir:",) if _LMTP.fullmatch(inbox) else ("maildir:", "lmtp:")


def _web(web: Web, root: Path, reading: _Reading) -> Web:
    secret = _with_path(web.secret, ("file:",), root)
    token = _secret(web.admin_token, "web.admin_token", root, reading)
    return replace(web, secret=secret, admin_token=token)


def _with_path(value: str, schemes: tuple[str, ...], root: Path) -> str:
    for scheme in schemes:
        if value.startswith(scheme):
            return f"{scheme}{root / value.removeprefix(scheme)}"
    return value


def _secret(value: str, path: str, root: Path, reading: _Reading) -> str:
    """The value behind `env:NAME` or `file:PATH`; "" and a warning where it is not set."""
    if value.startswith("env:"):
        name = value.removeprefix("env:")
        found = os.environ.get(name, "")
        if not found:
            reading.unset.append(path)
            reading.say(path, f"${name} is not set; what needs it is switched off", warning=True)
        return found
    if value.startswith("file:"):
        file = root / value.removeprefix("file:")
        try:
            return file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            reading.unset.append(path)
            message = f"{file}: {reason}; what needs it is switched off"
            reading.say(path, message, warning=True)
            return ""
    return value


# --- what refers to what --------------------------------------------------------------------


def _check(settings: Settings, reading: _Reading) -> None:
    for check in (_check_site, _check_ids, _check_columns, _check_sources, _check_digests):
        check(settings, reading)
    _check_storage(settings, reading)
    _check_fetch(settings, reading)
    _check_media(settings, reading)
    _check_mail(settings, reading)
    _check_web(settings, reading)


def _check_site(settings: Settings, reading: _Reading) -> None:
    site = settings.site
    if not site.name.strip():
        reading.say("site.name", "must not be empty")
    if not re.match(r"https?://[^/\s]+", site.url):
        reading.say("site.url", f"{site.url!r} is not an http or https address")
    if not re.fullmatch(r"#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?", site.accent):
        reading.say("site.accent", f"{site.accent!r} is not a colour such as #9b1c1c")
    _check_zone(site.timezone, "site.timezone", reading)
    if not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", site.language):
        reading.say("site.language", f"{site.language!r} is not a language such as zh-CN or en")
    if settings.publish.items < 1:
        reading.say("publish.items", "must be at least 1")
    for number, hub in enumerate(settings.publish.hubs):
        if not re.match(r"https?://[^/\s]+", hub):
            reading.say(f"publish.hubs[{number}]", f"{hub!r} is not an http or https address")
    _check_trust(settings, reading)
    if settings.learning.train_after < 0:
        reading.say("learning.train_after", "must not be negative; 0 leaves it to `train`")
    if site.notices.takedown_days < 1:
        reading.say("site.notices.takedown_days", "must be at least 1")


def _check_trust(settings: Settings, reading: _Reading) -> None:
    """Addresses as trust.txt and tdmrep.json may hold them."""
    trust, policy = settings.site.trust, settings.site.tdm.policy
    schemes = {"contact": r"(https?://[^/\s]+|mailto:\S+@\S+|tel:\S+)\S*"}
    for each in fields(trust):
        values = getattr(trust, each.name)
        for number, value in enumerate(values if isinstance(values, tuple) else ()):
            if not re.fullmatch(schemes.get(each.name, r"https?://[^/\s]+\S*"), value):
                message = f"{value!r} is not an address such as https://example.org/"
                reading.say(f"site.trust.{each.name}[{number}]", message)
    if policy and not re.fullmatch(r"https?://[^/\s]+\S*", policy):
        reading.say("site.tdm.policy", f"{policy!r} is not an http or https address")


def _check_storage(settings: Settings, reading: _Reading) -> None:
    storage = settings.storage
    if not re.match(r"sqlite:.|postgres(ql)?://.", storage.database):
        message = f"{storage.database!r} is neither sqlite:PATH nor postgresql://user@host/db"
        reading.say("storage.database", message)
    else:
        _check_server(storage.database, reading)
    if storage.keep_days < 0:
        reading.say("storage.keep_days", "must not be negative; 0 keeps for ever")
    if storage.backup_keep < 1:
        reading.say("storage.backup_keep", "must be at least 1")
    if storage.backup and Path(storage.backup).resolve().is_relative_to(
        Path(storage.output).resolve()
    ):
        reading.say("storage.backup", "lies in storage.output, and would be published")


def _check_server(url: str, reading: _Reading) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # ValueError where it is none
    except ValueError as error:
        reading.say("storage.database", f"is no address of a database: {error}")


def _check_zone(zone: str, path: str, reading: _Reading) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reading.say(path, f"no time zone {zone!r}; write it as Asia/Shanghai")


def _check_ids(settings: Settings, reading: _Reading) -> None:
    groups: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("columns", settings.columns),
        ("sources", settings.sources),
        ("digests", settings.digests),
    )
    for name, items in groups:
        known: set[str] = set()
        for number, item in enumerate(items):
            path = f"{name}[{number}].id"
            if not _ID.fullmatch(item.id):
                reading.say(
                    path, f"{item.id!r} may hold a-z, 0-9, _ and - only, and begins with a-z or 0-9"
                )
            elif item.id in known:
                reading.say(path, f"{item.id!r} is used twice")
            elif name == "columns" and item.id in RESERVED + ROUTES:
                reading.say(path, f"{item.id!r} is a folder of Syndicate's own; choose another")
            known.add(item.id)


def _check_columns(settings: Settings, reading: _Reading) -> None:
    parents = {column.id: column.parent for column in settings.columns}
    if sum(column.rest for column in settings.columns) > 1:
        number = [n for n, c in enumerate(settings.columns) if c.rest][1]
        reading.say(f"columns[{number}].rest", "only one column takes the rest")
    for number, column in enumerate(settings.columns):
        path = f"columns[{number}]"
        _check_gate(column, path, settings, reading)
        if column.parent:
            _check_name(column.parent, f"{path}.parent", "column", list(parents), reading)
        if _in_a_ring(column.id, parents):
            reading.say(f"{path}.parent", f"{column.id!r} would be its own ancestor")
        for index, rule in enumerate(column.rules):
            if not any(getattr(rule, f.name) for f in fields(rule)):
                reading.say(f"{path}.rules[{index}]", "has no condition")


def _check_gate(column: Column, path: str, settings: Settings, reading: _Reading) -> None:
    for name in ("origins", "origins_expired", "origins_asserted"):
        action = getattr(column, name)
        if action not in ("", "publish") and not settings.origins.list:
            message = f"{action!r} needs a list of permitted origins: set origins.list"
            reading.say(f"{path}.{name}", message)
    above, steps = column, 0
    known = {each.id: each for each in settings.columns}
    while not above.editor and above.parent in known and steps < len(known):
        above, steps = known[above.parent], steps + 1
    if column.require_editor and not above.editor:
        message = "no editor is named: what arrives in it is held, but our own with an editor"
        reading.say(f"{path}.require_editor", message, warning=True)


def _in_a_ring(id: str, parents: dict[str, str]) -> bool:
    at, steps = parents.get(id, ""), 0
    while at and at != id and steps <= len(parents):
        at, steps = parents.get(at, ""), steps + 1
    return at == id


def _check_name(name: str, path: str, kind: str, known: list[str], reading: _Reading) -> None:
    if name not in known:
        close = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        reading.say(path, f"no {kind} '{name}'{hint}")


def _check_sources(settings: Settings, reading: _Reading) -> None:
    columns = [column.id for column in settings.columns]
    for number, source in enumerate(settings.sources):
        path = f"sources[{number}]"
        if source.column:
            _check_name(source.column, f"{path}.column", "column", columns, reading)
        _check_zone(source.timezone, f"{path}.timezone", reading)
        _check_every(source, path, reading)
        for problem in _source_place(source):
            reading.say(*(f"{path}.{problem[0]}", problem[1]))
        for index, field_ in enumerate(source.require):
            _check_name(field_, f"{path}.require[{index}]", "field", list(REQUIRABLE), reading)


def _check_every(source: Source, path: str, reading: _Reading) -> None:
    if source.every == "auto":
        return
    try:
        if duration(source.every) <= timedelta(0):
            raise ValueError(source.every)
    except (ValueError, OverflowError):
        message = f'{source.every!r} is neither "auto" nor a span of time such as 30m'
        reading.say(f"{path}.every", message)


def _source_place(source: Source) -> Iterator[tuple[str, str]]:
    if source.url and source.path:
        yield "path", "a source has a url or a path, not both"
    elif not source.url and not source.path:
        wanted = {"feed": "url or path", "page": "url", "folder": "path"}.get(
            source.type, "path or url"
        )
        yield "url", f"a source of type {source.type!r} needs a {wanted}"
    if source.type == "folder" and source.url:
        yield "url", "a folder has a path, not a url"
    if source.type == "page" and source.path:
        yield "path", "a page has a url, not a path"
    schemes = r"imaps?://." if source.type == "mailbox" else r"https?://[^/\s]+"
    if source.url and not re.match(schemes, source.url, re.I):
        yield "url", f"{source.url!r} is not an address that a {source.type} can have"


def _check_digests(settings: Settings, reading: _Reading) -> None:
    columns = [column.id for column in settings.columns]
    for number, digest in enumerate(settings.digests):
        path = f"digests[{number}]"
        for index, column in enumerate(digest.columns):
            _check_name(column, f"{path}.columns[{index}]", "column", columns, reading)
        _check_zone(digest.timezone, f"{path}.timezone", reading)
        if digest.items < 1:
            reading.say(f"{path}.items", "must be at least 1")
        if digest.public and not settings.site.contact.address:
            message = "a public digest should carry a postal address: set site.contact.address"
            reading.say(path, message, warning=True)


def _check_fetch(settings: Settings, reading: _Reading) -> None:
    fetch = settings.fetch
    for name in ("concurrency", "per_host", "timeout", "max_bytes"):
        if getattr(fetch, name) <= 0:
            reading.say(f"fetch.{name}", "must be more than 0")
    for number, network in enumerate(fetch.allow_networks):
        if not is_network(network):
            message = f"{network!r} is neither a network (10.0.0.0/8) nor address:port"
            reading.say(f"fetch.allow_networks[{number}]", message)


def _check_media(settings: Settings, reading: _Reading) -> None:
    for name in ("max_bytes", "entry_bytes", "max_pixels"):
        if getattr(settings.media, name) <= 0:
            reading.say(f"media.{name}", "must be more than 0")
    copying = any(source.pictures == "copy" for source in settings.sources)
    for number, column in enumerate(settings.columns):
        if copying and column.id == "media":
            message = "'media' is the folder of copied pictures; choose another, or copy none"
            reading.say(f"columns[{number}].id", message)


def is_network(text: str) -> bool:
    """Whether it names a network in CIDR, an address, or address:port ([v6]:port)."""
    readers: tuple[Callable[[str], Any], ...] = (
        lambda t: ipaddress.ip_network(t, strict=False),
        _address_port,
    )
    for reader in readers:
        try:
            reader(text)
        except ValueError:
            continue
        return True
    return False


def _address_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    ipaddress.ip_address(host.strip("[]"))
    if not colon or not 0 < int(port) < 65536:
        raise ValueError(text)
    return host.strip("[]"), int(port)


def _check_mail(settings: Settings, reading: _Reading) -> None:
    mail = settings.mail
    if mail.route and not _ROUTE.match(mail.route):
        message = f"{mail.route!r} is none of maildir:, smtp://, smtps://, lmtp:, sendmail:"
        reading.say("mail.route", message)
    if mail.inbox and not re.match(r"maildir:.|imaps?://.|lmtp:.", mail.inbox):
        reading.say("mail.inbox", f"{mail.inbox!r} is none of maildir:, imaps://, lmtp:")
    if mail.claims_inbox and not re.match(r"maildir:.|imaps?://.", mail.claims_inbox):
        reading.say("mail.claims_inbox", f"{mail.claims_inbox!r} is none of maildir:, imaps://")
    _check_claims(settings, reading)
    if (tcp := _LMTP.fullmatch(mail.inbox)) and not _is_loopback(tcp[1].strip("[]")):
        message = "LMTP has no password: it listens on a loopback address or a Unix socket only"
        reading.say("mail.inbox", message)
    for name, value in (
        ("from", mail.sender),
        ("reply_to", mail.reply_to),
        ("bounce", mail.bounce),
        ("claims", mail.claims),
    ):
        if re.search(r"[\x00-\x1f\x7f]", value):
            reading.say(f"mail.{name}", "an address cannot hold a line break")
        elif value and "@" not in value:
            reading.say(f"mail.{name}", f"{value!r} is not an address")
    parts = {name: getattr(mail.dkim, name) for name in ("domain", "selector", "key")}
    lacking = [name for name, value in parts.items() if not value]
    if 0 < len(lacking) < len(parts) and "mail.dkim.key" not in reading.unset:
        message = f"nothing is signed without {', '.join(lacking)}"
        reading.say("mail.dkim", message, warning=True)
    if mail.connections < 1:
        reading.say("mail.connections", "must be at least 1")
    if mail.rate < 0:
        reading.say("mail.rate", "must not be negative")


def _check_claims(settings: Settings, reading: _Reading) -> None:
    """Claims by mail: that they reach us, and an editor."""
    mail = settings.mail
    takes = bool(mail.claims_inbox or (mail.claims and mail.inbox))
    if mail.claims and not takes:
        message = "nothing reads what comes there: set mail.inbox or mail.claims_inbox"
        reading.say("mail.claims", message, warning=True)
    if mail.claims_inbox and mail.claims_inbox == mail.inbox:
        message = "is mail.inbox, which is read already: name the address in mail.claims instead"
        reading.say("mail.claims_inbox", message)
    if takes and not settings.site.contact.email:
        message = "nobody is reminded of claims: there is no address of the editors"
        reading.say("site.contact.email", message, warning=True)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_web(settings: Settings, reading: _Reading) -> None:
    web = settings.web
    host_port = re.fullmatch(r"(?:\[[0-9a-fA-F:.]+\]|[^:\s]*):(\d{1,5})", web.listen)
    if not host_port or int(host_port[1]) > 65535:
        reading.say("web.listen", f"{web.listen!r} is not HOST:PORT")
    for number, proxy in enumerate(web.trusted_proxies):
        try:
            ipaddress.ip_network(proxy, strict=False)
        except ValueError:
            message = f"{proxy!r} is neither an address nor a network (10.0.0.0/8)"
            reading.say(f"web.trusted_proxies[{number}]", message)
