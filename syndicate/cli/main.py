"""The `syndicate` command: what is common to all commands, and how errors become a status.

0 done; 1 the job could not be completed; 2 wrong usage or config; 130 SIGINT; 143 SIGTERM.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from syndicate import __version__
from syndicate.errors import ConfigError, SyndicateError

# Which module has which command: only the one asked for is imported
_COMMANDS = {
    **dict.fromkeys(("init", "check", "add", "import", "export"), "setting_up"),
    **dict.fromkeys(("run", "ingest", "publish", "deliver"), "running"),
    **dict.fromkeys(("sources", "list", "show", "why", "status", "verify"), "looking"),
    **dict.fromkeys(
        ("move", "merge", "split", "review", "approve", "reject", "retract", "restore"), "editing"
    ),
    **dict.fromkeys(("digest", "subscribers"), "mailing"),
    **dict.fromkeys(("serve", "claims"), "serving"),
    **dict.fromkeys(("bounces",), "bouncing"),
    **dict.fromkeys(("train", "evaluate"), "learning"),
    "audit": "auditing",
    "origins": "gating",
    "report": "reporting",
    **dict.fromkeys(("backup", "recover", "migrate-store", "worker"), "operating"),
}


class _Commands(click.Group):
    """Commands by name, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        loaded = importlib.import_module(f"syndicate.cli.{module}")
        command: click.Command = loaded.COMMANDS[cmd_name]
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            import difflib

            close = difflib.get_close_matches(args[0], _COMMANDS, 1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="syndicate")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The config; else $SYNDICATE_CONFIG, else ./config.toml.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say more on stderr.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.pass_context
def program(ctx: click.Context, config: Path | None, verbose: bool, quiet: bool) -> None:
    """Republish other people's articles with attribution intact: feeds, pages, e-mail digests."""
    ctx.obj = {
        "config": config or Path(os.environ.get("SYNDICATE_CONFIG") or "config.toml"),
        "verbose": verbose,
        "quiet": quiet,
    }


class Terminated(BaseException):
    """SIGTERM: stop at the next point where nothing is half done."""


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its status; no user mistake shows a traceback."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(_status(arguments))


def _status(arguments: list[str] | None) -> int:
    try:
        result: Any = program.main(arguments, prog_name="syndicate", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except Terminated:
        return 143
    except ConfigError as error:
        click.echo(str(error), err=True)
        return error.exit_status
    except SyndicateError as error:
        click.echo(f"syndicate: {error}", err=True)
        return error.exit_status
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"syndicate: {place}{error.strerror or error}", err=True)
        return 1
