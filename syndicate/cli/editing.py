"""An editor's corrections: move, merge, split, review, approve, reject, retract, restore."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from syndicate import reporting
from syndicate.cli import shapes, terminal
from syndicate.cli.looking import find
from syndicate.cli.options import Call, common
from syndicate.errors import UsageError

if TYPE_CHECKING:
    from syndicate.jobs.edit import Edited
    from syndicate.model import Entry
    from syndicate.wiring import Retraction

BY = "editor"


def _entry(call: Call, words: str) -> Entry:
    with call.app.database.read() as conn:
        return find(conn, words)


def _done(call: Call, edited: Edited, text: str) -> None:
    if call.json:
        terminal.document([shapes.listed(entry, call.zone) for entry in edited.entries])
    elif not call.quiet:
        terminal.say(text)


@click.command()
@click.argument("id")
@click.argument("column")
@common
def move(call: Call, id: str, column: str) -> None:
    """Put an entry and its story into another column."""
    from syndicate.jobs import edit

    entry = _entry(call, id)
    app = call.app
    edited = edit.move(app.database, call.settings, entry, column, app.now, BY)
    _done(call, edited, f"{entry.id} is in {column}; `syndicate publish` shows it there")


@click.command()
@click.argument("id")
@click.argument("other")
@common
def merge(call: Call, id: str, other: str) -> None:
    """Say that two entries are the same article."""
    from syndicate.jobs import edit

    first, second = _entry(call, id), _entry(call, other)
    app = call.app
    edited = edit.merge(app.database, call.settings, first, second, app.now, BY)
    _done(call, edited, f"{first.id} and {second.id} are one story of {len(edited.entries)}")


@click.command()
@click.argument("id")
@common
def split(call: Call, id: str) -> None:
    """Say that an entry is not the same article as the others of its story."""
    from syndicate.jobs import edit

    entry = _entry(call, id)
    edited = edit.split(call.app.database, call.settings, entry, call.app.now, BY)
    _done(call, edited, f"{entry.id} is a story of its own")


@click.command()
@common
def review(call: Call) -> None:
    """What was held back or needs an editor's eye, with why."""
    rows = reporting.review(call.app)
    if call.json:
        terminal.document(rows)
        return
    if not rows:
        terminal.say("nothing is held back, nothing is flagged")
        return
    cells = [
        (row["id"], row["kind"], terminal.clip(row["title"], 40), row["reason"]) for row in rows
    ]
    terminal.table(cells, ("id", "kind", "title", "why"))
    terminal.say("`syndicate approve ID`, `reject ID`, `merge`, `split` or `move` settles each")


@click.command()
@click.argument("id")
@common
def approve(call: Call, id: str) -> None:
    """Publish what was held; settle what was flagged."""
    from syndicate.jobs import edit

    entry = _entry(call, id)
    edited = edit.approve(call.app.database, call.settings, entry, call.app.now, BY)
    _done(call, edited, f"{entry.id} is approved; `syndicate publish` puts it out")


@click.command()
@click.argument("id")
@common
def reject(call: Call, id: str) -> None:
    """Refuse an entry: it is kept, and not published."""
    from syndicate.jobs import edit

    entry = _entry(call, id)
    edited = edit.reject(call.app.database, call.settings, entry, call.app.now, BY)
    _done(call, edited, f"{entry.id} is rejected")


@click.command()
@click.argument("id")
@click.option("--reason", required=True, help="Why; kept in the record.")
@click.option("--only", is_flag=True, help="This entry, not the whole story.")
@click.option("--notify", is_flag=True, help="Mail a correction to those who were mailed it.")
@click.option("--dry-run", is_flag=True, help="Say what it would do, and do nothing.")
@common
def retract(call: Call, id: str, reason: str, only: bool, notify: bool, dry_run: bool) -> int:
    """Take a story down everywhere, at once."""
    if not reason.strip():
        raise UsageError("a retraction needs a reason", where="--reason")
    with call.app.database.read() as conn:
        entry = find(conn, id)
        reach = reporting.reach(conn, entry, call.zone, only=only)
    say_reach(call, reach, dry_run=dry_run)
    if not dry_run:
        done = call.app.retract(entry, reason=reason, only=only, notify=notify, by=BY)
        say_retracted(call, done, notify=notify)
    return 0


def say_reach(call: Call, reach: reporting.Reach, *, dry_run: bool) -> None:
    """What a retraction takes down, before it does."""
    if call.json:
        if dry_run:
            terminal.document(reach.to_json())
    elif not call.quiet or dry_run:
        terminal.say(
            f"{counted(len(reach.entries), 'entry', 'entries')}, "
            f"{counted(len(reach.feeds), 'feed')}, {counted(len(reach.pages), 'page')}; "
            f"{counted(len(reach.sent), 'edition')} sent to "
            f"{counted(reach.readers, 'reader')}, {len(reach.waiting)} not sent yet"
        )


def say_retracted(call: Call, done: Retraction, *, notify: bool) -> None:
    """What a retraction did."""
    notified = f"; {done.corrections} corrections go out by mail" if notify else ""
    gone = ", ".join(done.edited.ids)
    _done(call, done.edited, f"{gone}: taken down, {done.files} files rewritten{notified}")


def counted(number: int, one: str, many: str = "") -> str:
    """`1 entry`, `2 entries`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


@click.command()
@click.argument("id")
@common
def restore(call: Call, id: str) -> None:
    """Put back what was retracted."""
    from syndicate.jobs import edit

    entry = _entry(call, id)
    edited = edit.restore(call.app.database, call.settings, entry, call.app.now, BY)
    call.app.publish()
    _done(call, edited, f"{', '.join(edited.ids)}: back")


COMMANDS = {
    "move": move,
    "merge": merge,
    "split": split,
    "review": review,
    "approve": approve,
    "reject": reject,
    "retract": retract,
    "restore": restore,
}
