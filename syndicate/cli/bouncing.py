"""What comes by mail: bounces."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syndicate.cli import terminal
from syndicate.cli.options import Call, common
from syndicate.errors import UsageError

if TYPE_CHECKING:
    from syndicate.jobs.bounces import Taken

_MBOX = re.compile(rb"(?:\A|\r?\n\r?\n)From [^\r\n]+\r?\n")


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE…|-]", type=click.Path(path_type=Path))
@common
def bounces(call: Call, files: tuple[Path, ...]) -> int:
    """Take in delivery reports, complaints, unsubscribe mails, and what is sent to mail.claims.

    FILE holds one mail or an mbox; - is standard input. Without any, mail.inbox is read, and
    mail.claims_inbox.
    """
    app = call.app
    if files:
        taken = app.take_in([])
        for file in files:
            taken.add(app.take_in(mails_in(file)), str(file))
    else:
        read = app.read_inboxes()
        if read is None:
            remedy = "name a FILE or - for standard input, or set mail.inbox"
            raise UsageError("there is no mailbox to read", remedy=remedy)
        taken = read
    say_taken(call, taken)
    return 1 if files and taken.problems else 0


def mails_in(file: Path) -> Iterator[bytes]:
    """The mails in a file: one, or those of an mbox."""
    data = sys.stdin.buffer.read() if str(file) == "-" else _read(file)
    if not data.startswith(b"From "):
        yield data
        return
    starts = list(_MBOX.finditer(data))
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        mail = data[start.end() : end.start() if end else None]
        yield re.sub(rb"(?m)^>(>*From )", rb"\1", mail)


def _read(file: Path) -> bytes:
    if file.is_dir():
        raise UsageError("is a folder", where=str(file), remedy="name the files in it")
    return file.read_bytes()


def say_taken(call: Call, taken: Taken) -> None:
    """What came of mails."""
    if call.json:
        terminal.document(_document(taken))
        return
    for problem in taken.problems:
        terminal.say(f"problem   {problem}")
    if call.quiet:
        return
    terminal.say(
        f"{taken.read} read: {taken.hard} hard, {taken.soft} soft, {taken.complaints} complaints, "
        f"{taken.unknown} without a valid token, {taken.repeated} counted before, "
        f"{taken.ignored} that are none"
    )
    terminal.say(f"{taken.suppressed} suppressed, {taken.unsubscribed} unsubscribed")
    if taken.claims or taken.replies or taken.spam:
        terminal.say(
            f"{taken.claims} new claims, {taken.replies} mails about claims, "
            f"{taken.spam} marked as spam and left alone"
        )


def _document(taken: Taken) -> dict[str, Any]:
    counts = {
        name: value for name, value in vars(taken).items() if name not in ("problems", "full")
    }
    return {**counts, "problems": [{"source": None, "error": text} for text in taken.problems]}


COMMANDS = {"bounces": bounces}
