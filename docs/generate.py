"""Makes what the documentation copies from the program: `.venv/bin/python docs/generate.py`.

`reference/commands.md` and `syndicate.1` from the command line itself, and the table of modules in
`architecture.md` from the first lines of the modules. `--check` writes nothing, and ends with 1
where a file is not current (tests/test_docs.py does the same).
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from syndicate import __version__
from syndicate.cli.main import program

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "syndicate"
COMMON = ("json", "at", "verbose", "quiet", "help")
FLOORS = (
    ("Doors", ("cli", "daemon", "web")),
    ("Wiring", ("wiring", "files", "checking", "reporting", "workers")),
    ("Jobs", ("jobs",)),
    ("Core", ("core",)),
    ("Adapters", ("adapters",)),
    ("Ground", ("config", "settings", "model", "errors")),
)


# --- the command line -----------------------------------------------------------------------


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command in the order of `--help`, those of groups by both words."""
    context = click.Context(program)
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield name, command
            for second, inner in command.commands.items():
                yield f"{name} {second}", inner
        else:
            yield name, command


def usage(name: str, command: click.Command) -> str:
    words = ["syndicate", name]
    if own_options(command):
        words.append("[OPTIONS]")
    if isinstance(command, click.Group):
        return " ".join(words)
    words += [p.make_metavar(click.Context(command)) for p in command.params if _is_argument(p)]
    return " ".join(words)


def own_options(command: click.Command) -> list[click.Option]:
    """What a command takes besides the options that all of them take."""
    found = [p for p in command.params if isinstance(p, click.Option)]
    return [p for p in found if not {"as_json", *COMMON} & {str(p.name)}]


def spelled(option: click.Option) -> str:
    names = ", ".join(sorted(option.opts, key=len))
    if option.is_flag:
        return names
    return f"{names} {option.make_metavar(click.Context(click.Command('x')))}"


def _is_argument(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Argument)


def _text(command: click.Command) -> str:
    return " ".join((command.help or "").split())


def commands_page() -> str:
    lines = [
        "# Commands",
        "",
        "Made from the program by `docs/generate.py`. `syndicate COMMAND --help` prints the same.",
        "What each prints with `--json`, and the exit statuses: [contract](../contract.md).",
        "",
        "Before the command: `--config PATH` (else `$SYNDICATE_CONFIG`, else `./config.toml`),",
        "`--version`. Every command takes:",
        "",
        "| option | |",
        "|---|---|",
        "| `--json` | Print one JSON document. |",
        "| `--at TIME` | Act as if it were this moment (ISO 8601). |",
        "| `-v`, `--verbose` / `-q`, `--quiet` | Say more on stderr / nothing but errors. |",
        "| `-h`, `--help` | |",
    ]
    for name, command in commands():
        lines += ["", f"## {name}", "", f"`{usage(name, command)}`", "", _text(command)]
        if options := own_options(command):
            lines += ["", "| option | |", "|---|---|"]
            lines += [
                f"| `{spelled(o).replace('|', chr(92) + '|')}` | {o.help or ''} |" for o in options
            ]
    return "\n".join(lines) + "\n"


# --- the manual page ------------------------------------------------------------------------

_FILES = (
    ("config.toml", "the configuration; every key is in docs/reference/config.md"),
    ("var/syndicate.db", "the database, unless storage.database names another"),
    ("var/secret", "what tokens are signed with; made at the first start"),
    ("feeds/", "what is published, unless storage.output names another folder"),
    ("templates/", "beside the config: overrides built-in templates file by file"),
)
_STATUS = (
    ("0", "done; a source that fails is part of the report"),
    ("1", "the job could not be completed, or check, verify, evaluate found something"),
    ("2", "wrong usage; no config, or an invalid one"),
    ("130, 143", "stopped by SIGINT, by SIGTERM (serve and worker end with 0 on SIGTERM)"),
)
_ENVIRONMENT = (
    ("SYNDICATE_CONFIG", "the config, where --config is not given"),
    ("SYNDICATE_ADMIN_TOKEN", "the dashboard's token, as the default of web.admin_token reads it"),
    ("NO_COLOR", "no colour"),
)


def manual() -> str:
    """The manual page, in the man macros."""
    lines = [
        f'.TH SYNDICATE 1 "" "Syndicate {__version__}" "User Commands"',
        ".SH NAME",
        "syndicate \\- republish other people's articles with attribution intact",
        ".SH SYNOPSIS",
        ".B syndicate",
        "[\\fB\\-\\-config\\fR \\fIPATH\\fR] [\\fB\\-v\\fR|\\fB\\-q\\fR] \\fICOMMAND\\fR",
        ".SH DESCRIPTION",
        "Reads feeds, folders, pages and mailboxes, recognises what is the same article, sorts it",
        "into columns, and publishes feeds, pages and e-mail digests that say where it came from.",
        ".SH OPTIONS",
        "Every command takes these.",
    ]
    for name, text in (
        ("--json", "Print one JSON document."),
        ("--at TIME", "Act as if it were this moment (ISO 8601)."),
        ("-v, --verbose", "Say more on stderr."),
        ("-q, --quiet", "Say nothing but errors."),
        ("-h, --help", "Say what a command takes."),
    ):
        lines += _item(name, text)
    lines.append(".SH COMMANDS")
    for name, command in commands():
        lines += _item(usage(name, command).removeprefix("syndicate "), _text(command))
        for option in own_options(command):
            lines += [".RS", *_item(spelled(option), option.help or ""), ".RE"]
    for title, rows in (("EXIT STATUS", _STATUS), ("FILES", _FILES), ("ENVIRONMENT", _ENVIRONMENT)):
        lines.append(f".SH {title}")
        for name, text in rows:
            lines += _item(name, text)
    return "\n".join(lines) + "\n"


def _item(name: str, text: str) -> list[str]:
    return [".TP", f".B {_roff(name)}", _roff(text) or "\\&"]


def _roff(text: str) -> str:
    text = text.replace("\\", "\\\\").replace("-", "\\-").replace("…", "...")
    return f"\\&{text}" if text[:1] in (".", "'") else text


# --- the table of modules -------------------------------------------------------------------


def modules() -> str:
    """A table a floor: every module with the first sentence of its docstring."""
    lines = []
    for floor, tops in FLOORS:
        rows = [row for top in tops for row in _rows(top)]
        if rows:
            lines += [f"### {floor}", "", "| module | |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _rows(top: str) -> Iterator[str]:
    folder = PACKAGE / top
    files = sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{top}.py"]
    for file in files:
        if file.exists() and "migrations/versions" not in file.as_posix():
            name = file.relative_to(PACKAGE).as_posix().removesuffix("/__init__.py")
            yield f"| `{name}` | {_first_sentence(file)} |"


def _first_sentence(file: Path) -> str:
    told = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    first = " ".join(told.split("\n\n")[0].split())
    return first.replace("|", "\\|")


def with_modules(page: str) -> str:
    """The page with a new table between its two marks."""
    begin, end = "<!-- modules: made by docs/generate.py -->\n", "<!-- end of modules -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.S)
    return pattern.sub(lambda _: f"{begin}\n{modules()}{end}", page)


def pages() -> dict[Path, str]:
    """Every file that is made, with what it has to hold."""
    architecture = HERE / "architecture.md"
    return {
        HERE / "reference" / "commands.md": commands_page(),
        HERE / "syndicate.1": manual(),
        architecture: with_modules(architecture.read_text("utf-8")),
    }


def main() -> int:
    stale = {p: t for p, t in pages().items() if not p.exists() or p.read_text("utf-8") != t}
    for path, text in stale.items():
        print(
            f"{path.relative_to(HERE.parent)} {'is not current' if '--check' in sys.argv else ''}"
        )
        if "--check" not in sys.argv:
            path.write_text(text, "utf-8")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
