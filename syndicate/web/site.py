"""What the routes need of the running daemon, whatever runs it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syndicate.settings import Settings
    from syndicate.wiring import Application


class Job(Protocol):
    """A kind of job: how often it ran and failed, how long it took in all, what is wrong."""

    @property
    def kind(self) -> str: ...
    @property
    def runs(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def last(self) -> datetime | None: ...
    @property
    def error(self) -> str: ...


class Site(Protocol):
    """A running site. `settings` change when the config is reloaded; ask each time."""

    @property
    def settings(self) -> Settings: ...

    def application(self) -> AbstractContextManager[Application]:
        """The site as of now: one moment, one configuration."""
        ...

    def wake(self, what: str, *names: str) -> None:
        """Have a job done soon: `deliver`, `publish`, or `ingest` of these sources."""
        ...

    def ready(self) -> dict[str, str]:
        """What is wrong: name of a part to a sentence; nothing where all is well."""
        ...

    def jobs(self) -> Sequence[Job]:
        """How each kind of job of the daemon does."""
        ...
