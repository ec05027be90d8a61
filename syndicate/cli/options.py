"""Options that every command takes, and the application behind them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast
from zoneinfo import ZoneInfo

import click

from syndicate.cli import terminal

if TYPE_CHECKING:
    from syndicate.settings import Settings
    from syndicate.wiring import Application

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Call:
    """One call of one command: how it is to behave, and the application once it is needed."""

    context: click.Context
    json: bool
    at: str | None
    verbose: bool
    quiet: bool

    @functools.cached_property
    def settings(self) -> Settings:
        from syndicate import loading

        return loading.load(self.context.obj["config"])

    @functools.cached_property
    def app(self) -> Application:
        """The application over the configured database; closed when the command ends."""
        from syndicate.wiring import Application

        made = Application(self.settings, now=self.moment())
        self.context.call_on_close(made.close)
        if not self.quiet:
            made.progress = bar = terminal.Progress()
            self.context.call_on_close(bar.close)
        return made

    def moment(self, zone: ZoneInfo | None = None) -> datetime:
        """`--at`, in `zone` (the site's) where it has none of its own; else the time it is."""
        if self.at is None:
            return datetime.now(UTC)
        return moment(self.at, zone or self.zone, "--at")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.site.timezone)


def moment(text: str, zone: ZoneInfo, option: str) -> datetime:
    """An ISO 8601 date or time as an aware moment; zone-less ones are in `zone`.

    `2026-11` and `2026` are their first moment. What is centuries away is refused: zones and
    schedules reckon a few years on from it.
    """
    whole = {4: f"{text.strip()}-01-01", 7: f"{text.strip()}-01"}
    try:
        at = datetime.fromisoformat(whole.get(len(text.strip()), text.strip()))
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not an ISO 8601 time such as 2026-11-24T08:00+08:00", param_hint=option
        ) from None
    if not 1900 <= at.year < 9900:
        raise click.BadParameter(f"{text!r} is too far away", param_hint=option)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


_OPTIONS = (
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
    click.option("--at", metavar="TIME", help="Act as if it were this moment (ISO 8601)."),
    click.option("-v", "--verbose", is_flag=True, help="Say more on stderr."),
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors."),
)


def _with_options(function: F) -> F:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def _joined(
    given: dict[str, Any], as_json: bool, at: str | None, verbose: bool, quiet: bool
) -> dict[str, Any]:
    """The options that stand here with those that stood further left, as a Call has them."""
    return {
        "json": as_json or given.get("json", False),
        "at": given.get("at") if at is None else at,
        "verbose": verbose or given.get("verbose", False),
        "quiet": quiet or given.get("quiet", False),
    }


def before(function: F) -> F:
    """Gives a group the options of its commands: they may stand before the command as well."""

    @_with_options
    @click.pass_context  # type: ignore[arg-type]  # wraps() gives it the signature within
    @functools.wraps(function)
    def wrapped(
        context: click.Context,
        as_json: bool,
        at: str | None,
        verbose: bool,
        quiet: bool,
        **arguments: Any,
    ) -> Any:
        given = context.obj or {}
        context.obj = {**given, **_joined(given, as_json, at, verbose, quiet)}
        return function(**arguments)

    return cast(F, wrapped)


def common(function: F) -> F:
    """Gives a command --json, --at, -v and -q, and a Call as its first argument."""

    @_with_options
    @click.pass_context  # type: ignore[arg-type]  # wraps() gives it the signature within
    @functools.wraps(function)
    def wrapped(
        context: click.Context,
        as_json: bool,
        at: str | None,
        verbose: bool,
        quiet: bool,
        **arguments: Any,
    ) -> Any:
        call = Call(context, **_joined(context.obj, as_json, at, verbose, quiet))
        from syndicate.cli import logs

        logs.configure(call.verbose, call.quiet)
        return function(call, **arguments)

    return cast(F, wrapped)
