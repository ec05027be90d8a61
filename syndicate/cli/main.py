"""The `syndicate` command: what is common to all commands, and how errors become a status.

0 done; 1 the job could not be completed; 2 wrong usage or config; 130 SIGINT; 143 SIGTERM.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from syndicate import __version__
from syndicate.cli import terminal
from syndicate.cli.options import before
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
    "serve": "serving",
    "claims": "claiming",
    **dict.fromkeys(("bounces",), "bouncing"),
    **dict.fromkeys(("train", "evaluate"), "learning"),
    "audit": "auditing",
    "origins": "gating",
    "report": "reporting",
    **dict.fromkeys(("backup", "recover", "migrate-store", "worker"), "operating"),
}


class _Commands(click.Group):
    """Commands by name, each imported when it is asked for."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            if terminal.closed():  # `| head`: whoever read it has enough
                return 0
            raise

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
@before
def program(config: Path | None) -> None:
    """Republish other people's articles with attribution intact: feeds, pages, e-mail digests."""
    named = config or Path(os.environ.get("SYNDICATE_CONFIG") or "config.toml")
    click.get_current_context().obj["config"] = named


class Terminated(BaseException):
    """SIGTERM: stop at the next point where nothing is half done."""


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its status; no user mistake shows a traceback."""
    signal.signal(signal.SIGTERM, _terminate)
    gc.set_threshold(20_000, 20, 20)  # commands make values by the thousand, and no cycles
    terminal.prepare()
    words = sys.argv[1:] if arguments is None else arguments
    sys.exit(_status(words))


def _status(words: list[str]) -> int:
    try:
        result: Any = program.main(words, prog_name="syndicate", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.ClickException as error:
        error.show()
        return _failed(words, error.format_message(), 2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except Terminated:
        return 143
    except SyndicateError as error:
        place = "" if isinstance(error, ConfigError) else "syndicate: "
        click.echo(f"{place}{error}", err=True)
        return _failed(words, str(error), error.exit_status)
    except UnicodeEncodeError:
        if not any(_is_no_text(word) for word in words):
            raise
        text = "an argument is no UTF-8"
        click.echo(f"syndicate: {text}", err=True)
        return _failed(words, text, 2)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        text = f"{place}{error.strerror or error}"
        click.echo(f"syndicate: {text}", err=True)
        return _failed(words, text, 1)


def _is_no_text(word: str) -> bool:
    """Whether an argument has bytes that are no UTF-8; as the name of a file it may."""
    return any("\udc80" <= char <= "\udcff" for char in word)


def _failed(words: list[str], error: str, status: int) -> int:
    """The one document that --json promises, where a command ended before it had its own."""
    given = words[: words.index("--")] if "--" in words else words
    if "--json" in given and not terminal.documented():
        terminal.document({"problems": [{"source": None, "error": error}]})
    return status
