"""Keeping a site: backup, recover, migrate-store, worker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syndicate.cli import terminal
from syndicate.cli.options import Call, common
from syndicate.errors import UsageError

if TYPE_CHECKING:
    from syndicate.jobs.backup import Recovered


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@common
def backup(call: Call, file: Path) -> None:
    """Copy the database, while in use, into one file."""
    from syndicate.jobs import backup as job

    done = job.backup(call.app.database, file, call.app.now)
    if call.json:
        terminal.document({"file": str(file), "tables": done.tables, "rows": done.rows})
    elif not call.quiet:
        terminal.say(f"backup    {file}: {done.rows} rows of {done.tables} tables")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@common
def recover(call: Call, file: Path) -> None:
    """Go back to a backup; every edition since waits for approval, so that none is sent twice."""
    from syndicate.jobs import backup as job

    url = call.settings.storage.database
    folder = Path(url.removeprefix("sqlite:")).parent
    keep = folder if url.startswith("sqlite:") else call.settings.root / "var"
    keep.mkdir(parents=True, exist_ok=True)
    done = job.recover(call.settings, call.app.secret, file, keep, call.moment())
    if call.json:
        terminal.document(
            {
                "taken": done.taken.astimezone(call.zone).isoformat(timespec="seconds"),
                "rows": done.rows,
                "kept": str(done.kept) if done.kept else None,
                "held": done.held,
                "dropped": done.dropped,
                "again": done.again,
                "claims": done.claims,
            }
        )
    elif not call.quiet:
        _say_recovered(call, file, done)


def _say_recovered(call: Call, file: Path, done: Recovered) -> None:
    taken = done.taken.astimezone(call.zone).isoformat(" ", timespec="seconds")
    terminal.say(f"recovered {done.rows} rows from {file}, taken {taken}")
    if done.kept:
        terminal.say(f"kept      what was there: {done.kept}")
    for edition in done.held:
        terminal.say(f"held      {edition}: `syndicate digest approve {edition}` sends the rest")
    if done.dropped:
        terminal.say(f"dropped   {done.dropped} letters that may have been sent since")
    if done.again:
        terminal.say(f"again     {done.again} retractions, erasures and unsubscriptions hold on")
    if done.claims:
        terminal.say(f"claims    {done.claims} that came since are kept")
    terminal.say("next      editions that may have been sent since the backup will be held")


@click.command("migrate-store")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@common
def migrate_store(call: Call, source: str, target: str) -> None:
    """Copy the site from one database to another, empty one, and compare every table.

    FROM and TO are written as storage.database is: sqlite:PATH or postgresql://…
    """
    from syndicate import config
    from syndicate.jobs import backup as job

    root = call.settings.root
    urls = [config.database_url(each, root) for each in (source, target)]
    for url in urls:
        if not url.startswith(("sqlite:", "postgresql:", "postgres:")):
            raise UsageError(
                f"{url!r} is no database", remedy="write sqlite:PATH or postgresql://user@host/name"
            )
    done = job.migrate_store(*urls)
    rows = {name: total.rows for name, total in done.items()}
    if call.json:
        terminal.document({"tables": rows, "rows": sum(rows.values())})
    elif not call.quiet:
        terminal.say(f"copied    {sum(rows.values())} rows of {len(rows)} tables, all compared")
        terminal.say(f"next      set storage.database in {call.settings.file.name} to {target}")


@click.command()
@common
def worker(call: Call) -> int:
    """One more ingest-and-deliver worker on the same PostgreSQL database; ends on SIGTERM."""
    from syndicate import workers

    return workers.run(call.settings, call.moment())


COMMANDS = {"backup": backup, "recover": recover, "migrate-store": migrate_store, "worker": worker}
