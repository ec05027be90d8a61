"""Learns columns: from editors' moves and labelled texts to a model that is not worse than before.

A new model takes the place of the one in use only if it is not worse on the very same held-back
texts; else it is kept beside, with the reason. Nothing is dropped silently.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from syndicate.adapters.store import columns as store
from syndicate.adapters.store import open_database
from syndicate.adapters.store.columns import Labelled, Mapped, Version
from syndicate.adapters.store.engine import Database
from syndicate.core import linear
from syndicate.core.folding import fold
from syndicate.core.linear import Example, Model
from syndicate.errors import ConfigError, ParseError, Problem, SyndicateError
from syndicate.settings import Settings

LEAST = 2  # examples of a column below which nothing can be held back
UNLABELLED = 8_000  # texts without a label that may help
COMPARED = 10  # texts that neither model has seen, below which a comparison says nothing
KEPT = 10  # versions of the model
WORSE = 0.005  # of accuracy; less is chance
_SURE, _MOVES = 0.9, 3  # share and number of moves that make a mapping


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a model does on labelled texts; `confusion[true][told]` counts them."""

    texts: int
    accuracy: float
    macro_f1: float
    decided: float  # share that its thresholds let it decide
    precision: float | None  # of those
    columns: tuple[str, ...]
    confusion: dict[str, dict[str, int]]

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"columns": list(self.columns)}


@dataclass(frozen=True, slots=True)
class Trained:
    """What training came to: a version, whether it is in use, and why."""

    version: int | None
    active: bool
    reason: str
    examples: int
    moves: int
    unlabelled: int
    evaluation: Evaluation | None
    before: Evaluation | None
    left_out: tuple[str, ...] = ()  # columns with too few examples, or that are gone
    mapping: tuple[Mapped, ...] = ()

    def to_json(self) -> dict[str, Any]:
        found = {
            "version": self.version,
            "active": self.active,
            "reason": self.reason,
            "examples": self.examples,
            "moves": self.moves,
            "unlabelled": self.unlabelled,
            "before": self.before.to_json() if self.before else None,
            "left_out": list(self.left_out),
            "mapping": [asdict(one) for one in self.mapping],
        }
        measured = self.evaluation.to_json() if self.evaluation else {}
        return found | {"accuracy": None, "macro_f1": None, "confusion": {}} | measured


def train_apart(url: str, settings: Settings, now: datetime) -> Trained:
    """`train` on the database at `url`, in a process of its own: it takes seconds of computing
    and memory that a daemon would not get back."""
    db = open_database(url)
    try:
        return train(db, settings, None, now)
    finally:
        db.close()


def train(db: Database, settings: Settings, examples: Path | None, now: datetime) -> Trained:
    """Learn from the file, if any, and all that was learned from before.

    Raises ConfigError with every bad line of the file; then nothing is changed.
    """
    given = read_examples(examples, settings) if examples is not None else ()
    with db.begin() as conn:
        store.add_examples(conn, given, now)
    with db.read() as conn:
        labelled = store.labelled(conn)
        others = store.unlabelled(conn, UNLABELLED)
        old = store.active_model(conn)
    mapping = learn_mapping(labelled, settings)
    usable, left_out = _usable(labelled, settings)
    since = old[0].created if old is not None else None
    texts = _Texts(
        tuple(Example(one.text, one.column, one.title, one.source) for one in usable),
        tuple(since is None or one.added is None or one.added > since for one in usable),
        tuple(Example(text, title=title) for title, text in others),
    )
    moves = sum(one.origin == "move" for one in labelled)
    if len({one.column for one in usable}) < 2:
        version, helped = None, 0
        verdict = _Verdict(False, f"at least two columns need {LEAST} examples each", None)
        with db.begin() as conn:
            store.set_mappings(conn, mapping, now)
    else:
        verdict = _judge(texts, old)
        version, helped = _keep(db, texts, verdict, mapping, now)
    return Trained(
        version,
        verdict.active,
        verdict.reason,
        len(usable),
        moves,
        helped,
        verdict.evaluation,
        verdict.before,
        left_out,
        mapping,
    )


def _keep(
    db: Database, texts: _Texts, verdict: _Verdict, mapping: tuple[Mapped, ...], now: datetime
) -> tuple[int, int]:
    """Train on all there is and keep that; its version, and how many unlabelled texts helped."""
    model = linear.train(texts.examples, texts.others)
    measured = verdict.evaluation.accuracy if verdict.evaluation else 0.0
    figures = {**model.held_back, "held_back_accuracy": measured}
    with db.begin() as conn:
        version = store.add_model(
            conn, linear.dump(model), figures, now, active=verdict.active, reason=verdict.reason
        )
        store.forget_models(conn, KEPT)
        store.set_mappings(conn, mapping, now)
    return version, int(model.held_back["unlabelled"])


@dataclass(frozen=True, slots=True)
class _Texts:
    """What there is to learn from. `fresh` tells of each example whether the model in use has
    not seen it."""

    examples: tuple[Example, ...]
    fresh: tuple[bool, ...]
    others: tuple[Example, ...]

    def held_back(self) -> tuple[list[Example], list[Example], list[Example]]:
        """Examples to try with, those kept from that, and those of them that are fresh.

        Of each column every fifth is kept back, of its fresh ones every second.
        """
        seen: Counter[tuple[str, bool]] = Counter()
        tried: list[Example] = []
        held: list[Example] = []
        unseen: list[Example] = []
        for example, fresh in zip(self.examples, self.fresh, strict=True):
            seen[example.column, fresh] += 1
            if seen[example.column, fresh] % (2 if fresh else 5):
                tried.append(example)
                continue
            held.append(example)
            if fresh:
                unseen.append(example)
        return tried, held, unseen


@dataclass(frozen=True, slots=True)
class _Verdict:
    active: bool
    reason: str
    evaluation: Evaluation | None
    before: Evaluation | None = None


def _judge(texts: _Texts, old: tuple[Version, bytes] | None) -> _Verdict:
    """Whether a model of these texts may take the place of the one in use."""
    tried, held, unseen = texts.held_back()
    if len({example.column for example in tried}) < 2 or not held:
        return _Verdict(old is None, "too few examples to compare", None)
    new = linear.train(tried, texts.others)
    evaluation = measure(new, held)
    if old is None:
        return _Verdict(True, "the first one", evaluation)
    known, data = old
    try:
        model = linear.load(data)
    except ParseError as error:
        return _Verdict(True, f"version {known.version} cannot be read: {error}", evaluation)
    if not set(model.columns) & {example.column for example in texts.examples}:
        return _Verdict(True, f"version {known.version} knows none of the columns", evaluation)
    if len(unseen) < COMPARED:  # it has seen the others: only the figure it had then is fair
        figure = float(known.figures.get("held_back_accuracy", 0.0))
        return _compare(known, evaluation.accuracy, figure, len(held), evaluation, None)
    before, after = measure(model, unseen), measure(new, unseen)
    return _compare(known, after.accuracy, before.accuracy, len(unseen), evaluation, before)


def _compare(
    known: Version,
    now: float,
    then: float,
    count: int,
    evaluation: Evaluation,
    before: Evaluation | None,
) -> _Verdict:
    worse = now < then - WORSE
    reason = (
        f"{'worse' if worse else 'not worse'} than version {known.version}:"
        f" {now:.3f} of {count} held-back texts are right, before {then:.3f}"
    )
    return _Verdict(not worse, reason, evaluation, before)


def _usable(
    labelled: Sequence[Labelled], settings: Settings
) -> tuple[list[Labelled], tuple[str, ...]]:
    """Examples of columns that exist and have enough of them; the other columns, with why."""
    counts = Counter(one.column for one in labelled)
    known = {column.id for column in settings.columns}
    gone = [f"{id_}: no such column" for id_ in sorted(counts) if id_ not in known]
    few = [
        f"{id_}: only {counts[id_]} example"
        for id_ in sorted(counts)
        if id_ in known and counts[id_] < LEAST
    ]
    usable = [one for one in labelled if one.column in known and counts[one.column] >= LEAST]
    return usable, (*gone, *few)


def learn_mapping(labelled: Sequence[Labelled], settings: Settings) -> tuple[Mapped, ...]:
    """Upstream categories whose entries editors put, nearly always, into one column."""
    known = {column.id for column in settings.columns}
    moved: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in labelled:
        if one.origin == "move" and one.column in known:
            for category in {fold(name) for name in one.categories} - {""}:
                moved[category][one.column] += 1
    found = []
    for category, counts in sorted(moved.items()):
        column, agree = counts.most_common(1)[0]
        if agree >= _MOVES and agree / counts.total() >= _SURE:
            found.append(Mapped(category, column, agree, counts.total()))
    return tuple(found)


def evaluate(db: Database, settings: Settings, examples: Path) -> Evaluation:
    """How the model in use does on a file of labelled texts.

    Raises ConfigError with every bad line, SyndicateError where nothing was learned yet.
    """
    given = read_examples(examples, settings)
    with db.read() as conn:
        active = store.active_model(conn)
    if active is None:
        raise SyndicateError("no model was trained yet", remedy="`syndicate train FILE.jsonl`")
    if not given:
        raise SyndicateError("no examples", where=str(examples))
    texts = [Example(one.text, one.column, one.title, one.source) for one in given]
    return measure(linear.load(active[1]), texts)


def measure(model: Model, texts: Sequence[Example]) -> Evaluation:
    """What a model tells of labelled texts, against their labels."""
    guesses = [model.guess(one.title, one.text) for one in texts]
    confusion: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one, guess in zip(texts, guesses, strict=True):
        confusion[one.column][guess.column or "-"] += 1
    right = [one.column == guess.column for one, guess in zip(texts, guesses, strict=True)]
    decided = [good for good, guess in zip(right, guesses, strict=True) if guess.decided]
    names = tuple(sorted({*confusion, *(told for row in confusion.values() for told in row)}))
    return Evaluation(
        len(texts),
        round(sum(right) / max(len(texts), 1), 4),
        round(_macro_f1(confusion), 4),
        round(len(decided) / max(len(texts), 1), 4),
        round(sum(decided) / len(decided), 4) if decided else None,
        names,
        {true: dict(sorted(row.items())) for true, row in sorted(confusion.items())},
    )


def _macro_f1(confusion: dict[str, Counter[str]]) -> float:
    told: Counter[str] = Counter()
    for row in confusion.values():
        told.update(row)
    scores = [
        2 * row[true] / max(row.total() + told[true], 1) for true, row in confusion.items()
    ]  # fmt: skip
    return sum(scores) / max(len(scores), 1)


def read_examples(path: Path, settings: Settings) -> tuple[Labelled, ...]:
    """Labelled texts of a JSON Lines file: `text`, `column` (id or title); `title`, `source`.

    Raises ConfigError with all bad lines, SyndicateError where the file cannot be read.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SyndicateError(f"cannot be read: {error}", where=str(path)) from error
    named = {fold(name): column.id for column in settings.columns
             for name in (column.title, column.id) if name}  # fmt: skip
    found, problems = [], []
    for number, line in enumerate(lines, 1):
        if line.strip():
            read = _read_example(line, named)
            if isinstance(read, str):
                problems.append(Problem(str(path), number, read))
            else:
                found.append(read)
    if problems:
        raise ConfigError(tuple(problems))
    return tuple(found)


def _read_example(line: str, named: dict[str, str]) -> Labelled | str:
    """The example of a line, or what is wrong with it."""
    try:
        row = json.loads(line)
    except ValueError as error:
        return f"no JSON: {error}"
    if not isinstance(row, dict):
        return "no JSON object"
    for key in ("text", "column", "title", "source"):
        if not isinstance(row.get(key) or "", str):
            return f"{key} is not a text"
    if not (row.get("text") or row.get("title")) or not row.get("column"):
        return "`text` and `column` are needed"
    column = named.get(fold(row["column"]))
    if column is None:
        return f"no column {row['column']!r}"
    return Labelled(column, row.get("title") or "", row.get("text") or "",
                    row.get("source") or "", "file")  # fmt: skip
