"""Where an entry came from, and how it stands beside its original: values for its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from syndicate.adapters.store.received import Comparison
from syndicate.core import compare, phrases, urls
from syndicate.core.compare import Compared
from syndicate.core.hops import Proof, Step
from syndicate.web.admin.desk import Cell, Desk, Table

Runs = Sequence[tuple[str, bool]]  # texts, each with whether the other side has it not
_SAME = 2  # sentences that are shown around what differs


@dataclass(frozen=True, slots=True)
class Row:
    """Two texts beside each other under the word for what they are."""

    what: str
    ours: Runs
    theirs: Runs


@dataclass(frozen=True, slots=True)
class Beside:
    """An entry beside its original: under a heading, in one sentence, in rows."""

    heading: str
    url: str
    said: str
    differs: bool
    rows: Sequence[Row]


def hops(at: Desk, steps: Sequence[Step]) -> Table:
    """The hands that an entry came through, with what speaks for each."""
    say = at.say
    rows = [
        (
            Cell(say[f"role-{step.role}"] if not number else "", kind="tight"),
            _name(step) if not number else Cell(""),
            Cell(say[f"proof-{proof.kind}"], kind="bad" if proof.kind == "none" else "tight"),
            Cell(_proof(proof)),
            Cell(at.moment(proof.at), kind="tight"),
        )
        for step in steps
        for number, proof in enumerate(step.evidence)
    ]
    heads = ("", say["hand"], say["evidence"], say["text"], say["at"])
    return Table(say["hops"], heads, rows, anchor="hops")


def _name(step: Step) -> Cell:
    link = step.url if urls.is_web(step.url) else ""
    return Cell(step.name or step.url or "-", link or "")


def _proof(proof: Proof) -> str:
    return f"{proof.where}: {proof.text}" if proof.text else proof.where


def beside(at: Desk, made: Comparison) -> Beside:
    """The newest comparison with the original."""
    say, found = at.say, compare.from_json(made.result)
    problem = made.result.get("problem", "")
    if problem:
        said = phrases.fill(say["not_compared"], why=problem)
    elif found.kinds:
        said = at.words.join([say[f"kind-{kind}"] for kind in found.kinds])
    else:
        said = say["as_original"] + (f" ({say['an_excerpt']})" if found.excerpt else "")
    heading = phrases.fill(say["beside"], at=at.moment(made.at))
    return Beside(heading, made.url, said, bool(found.kinds), list(_rows(at, found)))


def _rows(at: Desk, found: Compared) -> Iterator[Row]:
    for each in found.differences:
        if each.kind.value not in ("changed", "added", "dropped"):
            yield _row(at.say[f"kind-{each.kind}"], each.ours, each.theirs)
    passages = found.passages
    differ = [n for n, passage in enumerate(passages) if passage.how != "same"]
    shown = {n for place in differ for n in range(place - _SAME, place + _SAME + 1)}
    for number, passage in enumerate(passages):
        if passage.how != "same":
            yield _row(at.say[f"kind-{passage.how}"], passage.ours, passage.theirs)
        elif number in shown:
            yield Row("", [(passage.ours, False)], [(passage.theirs, False)])


def _row(what: str, ours: str, theirs: str) -> Row:
    left, right = compare.beside(ours, theirs)
    return Row(what, left, right)
