"""The record of decisions: audit, audit export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syndicate.cli import shapes, terminal
from syndicate.cli.looking import decision_line, find
from syndicate.cli.options import Call, common, moment
from syndicate.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


@click.group(invoke_without_command=True)
@click.option("--entry", metavar="ID", help="Only what was decided about this entry.")
@click.option("--since", metavar="TIME", help="Only what was decided since.")
@click.option("--verify", is_flag=True, help="Prove that nothing of the record was changed.")
@click.option("--known", metavar="HASH", help="With --verify: a seal that was noted elsewhere.")
@common
def audit(call: Call, entry: str | None, since: str | None, verify: bool, known: str | None) -> int:
    """Who decided what, when and why; sealed once a day by a chain of hashes."""
    if call.context.invoked_subcommand is not None:
        return 0
    if verify and (entry or since):
        raise UsageError("--verify is over the whole record", remedy="leave --entry, --since out")
    if verify:
        return _verify(call, known or "")
    if known:
        raise UsageError("--known goes with --verify")
    from syndicate.adapters.store import audit as store

    after = moment(since, call.zone, "--since") if since else None
    with call.app.database.read() as conn:
        id = _subject(conn, entry) if entry else None
        found = list(store.records(conn, id, after))
    if call.json:
        terminal.document(
            [
                {"number": n, "entry": made.entry, **shapes.decision(made, call.zone)}
                for n, made in found
            ]
        )
        return 0
    for _, made in found:
        terminal.say(f"{made.entry}{decision_line(made, call)}")
    if not found:
        terminal.say("nothing was decided")
    return 0


def _subject(conn: Connection, words: str) -> str:
    """The entry that decisions are asked for; one that is no longer kept, by its id."""
    from syndicate.adapters.store import audit as store

    try:
        return find(conn, words).id
    except UsageError:
        found = store.about(conn, words)
        if len(found) != 1:
            raise
        return found[0]


def _verify(call: Call, known: str) -> int:
    from syndicate.jobs import audit as job

    proof = job.prove(call.app.database, known)
    if call.json:
        terminal.document(
            {
                "seals": proof.seals,
                "sealed": proof.sealed,
                "unsealed": proof.unsealed,
                "broken": list(proof.broken),
                "head": proof.head or None,
            }
        )
    else:
        for reason in proof.broken:
            terminal.say(reason)
        terminal.say(
            f"{proof.sealed} decisions under {proof.seals} seals, {proof.unsealed} not sealed yet; "
            + (f"{len(proof.broken)} broken" if proof.broken else "nothing was changed")
        )
        if proof.head:
            terminal.say(f"the newest seal is {proof.head}; note it elsewhere, for --known")
    return 1 if proof.broken else 0


@audit.command()
@click.argument("id")
@click.option("--out", type=click.Path(path_type=Path), help="Where to; else ID.zip here.")
@click.option("--addresses", is_flag=True, help="With the addresses of those who were mailed it.")
@common
def export(call: Call, id: str, out: Path | None, addresses: bool) -> None:
    """One entry's whole file as a zip, for a dispute: what came, byte for byte, and all since."""
    from syndicate.jobs import casefile

    app = call.app
    with app.database.read() as conn:
        subject = _subject(conn, id)
        told = _told(call, conn, subject)
    made = casefile.export(app.database, call.settings, subject, told=told, addresses=addresses)
    path = out or Path(f"{subject}.zip")
    path.write_bytes(made)
    if call.json:
        terminal.document({"entry": subject, "file": str(path)})
    elif not call.quiet:
        terminal.say(f"wrote {path}")


def _told(call: Call, conn: Connection, id: str) -> dict[str, Any]:
    """What is said of an entry beyond what is stored of it: its hops, its original, the proof."""
    from syndicate import reporting
    from syndicate.adapters.store import audit as store
    from syndicate.adapters.store import entries, received
    from syndicate.cli import comparing
    from syndicate.jobs import audit as job

    proof = job.prove(call.app.database)
    entry = entries.get(conn, id)
    told: dict[str, Any] = {
        "seals.json": {
            "broken": list(proof.broken),
            "head": proof.head or None,
            "unsealed": proof.unsealed,
            "seals": [
                {"day": s.day, "last": s.last, "rows": s.rows, "hash": s.hash}
                for s in store.all_seals(conn)
            ],
        }
    }
    if entry is not None:
        steps = reporting.hops(call.app, conn, entry)
        told["hops.json"] = [shapes.hop(step, call.zone) for step in steps]
        seen = received.compared(conn, id)
        told["originals.json"] = [comparing.stored(made, call.zone) for made in seen]
    return told


COMMANDS = {"audit": audit}
