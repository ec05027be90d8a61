"""Config to adapters to jobs: the only place that builds them.

One Application serves one command, or one daemon: it opens what is needed when it is needed.
"""

from __future__ import annotations

import functools
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from syndicate.errors import MailError, OutputError, SyndicateError, UsageError
from syndicate.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from syndicate.adapters.store.engine import Database
    from syndicate.adapters.templates import Templates
    from syndicate.jobs.edit import Edited
    from syndicate.jobs.ingest import Ingested
    from syndicate.model import Entry

BUILT_IN = Path(__file__).resolve().parent.parent / "templates"
PACKAGED = Path(__file__).resolve().parent / "templates"
_SECRET_BYTES = 32


@dataclass
class Report:
    """What a command did, stage by stage; the JSON of `run` (contract §3)."""

    parts: dict[str, Any] = field(default_factory=dict)
    problems: list[dict[str, str | None]] = field(default_factory=list)
    exit_status: int = 0

    def problem(self, source: str | None, error: str) -> None:
        self.problems.append({"source": source, "error": error})

    def fail(self, error: SyndicateError) -> None:
        """A stage could not be completed; the others still run."""
        self.problem(None, str(error))
        self.exit_status = max(self.exit_status, error.exit_status)

    def to_json(self) -> dict[str, Any]:
        return {**self.parts, "problems": self.problems}


@dataclass(frozen=True, slots=True)
class Carried:
    """Which feeds and editions carry an entry."""

    feeds: list[str]
    editions: list[str]


@dataclass(frozen=True, slots=True)
class Retraction:
    """What a retraction did."""

    edited: Edited
    files: int
    corrections: int


class Application:
    """Everything that a door needs, over one configuration and one moment."""

    def __init__(self, settings: Settings, now: datetime) -> None:
        self.settings = settings
        self.now = now
        self._closers: list[Callable[[], None]] = []

    def close(self) -> None:
        while self._closers:
            self._closers.pop()()

    @functools.cached_property
    def database(self) -> Database:
        from syndicate.adapters.store import open_database

        opened = open_database(self.settings.storage.database)
        self._closers.append(opened.close)
        return opened

    @functools.cached_property
    def templates(self) -> Templates:
        from syndicate.adapters.templates import Templates

        return Templates(template_folders(self.settings))

    @functools.cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.site.timezone)

    @functools.cached_property
    def secret(self) -> bytes:
        """What tokens and keyed marks are signed with; made at the first start."""
        return read_secret(self.settings.web.secret)


def template_folders(settings: Settings) -> tuple[Path, ...]:
    """Where templates are looked for: beside the config, then the built-in ones."""
    built_in = BUILT_IN if BUILT_IN.is_dir() else PACKAGED
    beside = settings.root / "templates"
    if beside.is_dir() and beside.resolve() != built_in:
        return (beside, built_in)
    return (built_in,)


def read_secret(where: str) -> bytes:
    """The site's secret behind `file:PATH` or `env:NAME`, or as it stands; a file is made."""
    if where.startswith("env:"):
        value = os.environ.get(where.removeprefix("env:"), "")
        if not value:
            raise UsageError(f"{where} is not set", where="web.secret", remedy="set it")
        return value.encode()
    if not where.startswith("file:"):
        return where.encode()
    path = Path(where.removeprefix("file:"))
    try:
        return path.read_bytes().strip()
    except FileNotFoundError:
        return _make_secret(path)


def _make_secret(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    value = secrets.token_hex(_SECRET_BYTES).encode()
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another worker was faster
        return path.read_bytes().strip()
    with os.fdopen(made, "wb") as file:
        file.write(value + b"\n")
    return value
