"""Entries beside their originals, as `check --origin` and `why` tell it."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from syndicate.cli import shapes, terminal
from syndicate.cli.looking import find
from syndicate.cli.options import Call, moment
from syndicate.core import compare

if TYPE_CHECKING:
    from syndicate.adapters.store.received import Comparison
    from syndicate.core.compare import Compared
    from syndicate.jobs.originals import Checked

_LATELY = timedelta(days=7)
_MARKS = {"changed": ("~", "~"), "added": ("+", " "), "dropped": (" ", "-")}


def check(call: Call, ids: tuple[str, ...], since: str | None) -> int:
    """Compare these entries, or what was received lately, with their originals."""
    from syndicate.jobs import originals

    app, left = call.app, 0
    if ids:
        with app.database.read() as conn:
            wanted = list({e.id: e for e in (find(conn, words) for words in ids)}.values())
    else:
        after = moment(since, call.zone, "--since") if since else app.now - _LATELY
        wanted, left = originals.chosen(app.database, call.settings, after)
    done = app.check_originals(wanted)
    found = [each for each in done if each.compared.kinds]
    if call.json:
        terminal.document(
            {
                "ok": not found,
                "problems": [],
                "rules": [],
                "originals": [_checked(each) for each in done],
                "left": left,
            }
        )
        return 1 if found else 0
    for each in done:
        _tell(each, call)
    unseen = sum(1 for each in done if each.problem)
    terminal.say(
        f"{len(done)} compared with their originals, {len(found)} differ, {unseen} not seen"
        + (f"; {left} more: --since later, or their IDs" if left else "")
    )
    return 1 if found else 0


def _checked(each: Checked) -> dict[str, Any]:
    return {
        "id": each.entry.id,
        "title": each.entry.title,
        "url": each.url or None,
        "status": each.status,
        "problem": each.problem or None,
        **differences(each.compared),
    }


def differences(compared: Compared) -> dict[str, Any]:
    """What came of a comparison, in JSON."""
    return {
        "differences": [
            {"kind": d.kind.value, "ours": d.ours, "theirs": d.theirs} for d in compared.differences
        ],
        "share": compared.share,
        "excerpt": compared.excerpt,
        "notes": list(compared.notes),
    }


def stored(made: Comparison, zone: tzinfo) -> dict[str, Any]:
    """A comparison of the past, in JSON."""
    return {
        "at": shapes.moment(made.at, zone),
        "url": made.url,
        "status": made.status,
        "problem": made.result.get("problem"),
        **differences(compare.from_json(made.result)),
    }


def _tell(each: Checked, call: Call) -> None:
    said = f"not compared: {each.problem}" if each.problem else compare.told(each.compared)
    if each.compared.kinds or each.problem or not call.quiet:
        terminal.say(f"{each.entry.id}  {terminal.clip(each.entry.title, 60)}: {said}")
    tell(each.compared)


def tell(compared: Compared) -> None:
    """What differs, ours on the left, the original on the right."""
    for each in compared.differences:
        if each.kind.value in _MARKS:
            continue
        terminal.beside(f"{each.kind}: {each.ours or '-'}", each.theirs or "-")
    for passage in compared.passages:
        if passage.how in _MARKS:
            terminal.beside(passage.ours, passage.theirs, _MARKS[passage.how])
