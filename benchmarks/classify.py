"""How well columns are learned: `python -m benchmarks classify --train F --test F`.

`--per-column N` takes the labels of the first N examples of each column; the other texts of the
file stay without label, as entries that no editor has moved do in a database, and are used like
them (`--alone` leaves them out). `decided_at_p95` is the largest share of the test texts, surest
first, that is decided with a precision of 0.95; `decided` and `precision` are what the thresholds
chosen in training give on the test.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from syndicate.core import linear
from syndicate.core.linear import Example, Guess


def main(argv: list[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="benchmarks classify", description=__doc__)
    parser.add_argument("--train", type=Path, required=True, help="JSON lines: text, column, title")
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--per-column", type=int, default=0, help="labels a column; 0: all")
    parser.add_argument("--alone", action="store_true", help="without the texts left unlabelled")
    parser.add_argument("--errors", type=int, default=0, help="show so many, the surest first")
    given = parser.parse_args(argv)
    labelled, unlabelled = _split(_read(given.train), given.per_column)
    others = [] if given.alone else unlabelled
    return measure(labelled, others, _read(given.test), errors=given.errors)


def measure(
    labelled: list[Example], unlabelled: list[Example], test: list[Example], *, errors: int = 0
) -> dict[str, Any]:
    """Trains on the one, asks for the other; `errors` of each pair of columns are shown."""
    started = time.perf_counter()
    model = linear.train(labelled, unlabelled)
    train_s = time.perf_counter() - started
    data = linear.dump(model)
    model = linear.load(data)
    started = time.perf_counter()
    guesses = [model.guess(example.title, example.text) for example in test]
    predict_ms = (time.perf_counter() - started) / len(test) * 1000
    right = np.array([g.column == e.column for g, e in zip(guesses, test, strict=True)])
    sure = np.array([guess.probability for guess in guesses])
    decided = np.array([guess.decided for guess in guesses])
    least = linear.threshold(sure, right)
    return {
        "accuracy": round(float(right.mean()), 4),
        "macro_f1": round(_macro_f1([g.column for g in guesses], [e.column for e in test]), 4),
        "decided_at_p95": round(float((sure >= least).mean()), 4),
        "decided": round(float(decided.mean()), 4),
        "precision": round(float(right[decided].mean()), 4) if decided.any() else None,
        "train_s": round(train_s, 3),
        "predict_ms": round(predict_ms, 4),
        "model_bytes": len(data),
        "labelled": len(labelled),
        "unlabelled": int(model.held_back["unlabelled"]),
        "held_back": model.held_back,
        "test": len(test),
        **({"errors": _errors(guesses, test, errors)} if errors else {}),
    }


def _errors(
    guesses: Sequence[Guess], test: Sequence[Example], count: int
) -> dict[str, list[dict[str, Any]]]:
    """What was told wrongly: the pairs of columns with the most errors first, of each the surest
    ones with the words that decided."""
    pairs: defaultdict[str, list[tuple[Guess, Example]]] = defaultdict(list)
    for guess, example in zip(guesses, test, strict=True):
        if guess.column != example.column:
            pairs[f"{example.column} told as {guess.column}"].append((guess, example))
    ordered = sorted(pairs.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return {
        f"{name} ({len(found)})": [
            {"sure": round(guess.probability, 3), "decided": guess.decided,
             "words": list(guess.words), "text": (example.title or example.text)[:80]}
            for guess, example in sorted(found, key=lambda each: -each[0].probability)[:count]
        ]
        for name, found in ordered[:count]
    }  # fmt: skip


def _read(path: Path) -> list[Example]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [
        Example(row["text"], row["column"], row.get("title") or "", row.get("source") or "")
        for row in rows
    ]


def _split(examples: list[Example], per_column: int) -> tuple[list[Example], list[Example]]:
    if not per_column:
        return examples, []
    labelled, unlabelled, seen = [], [], Counter[str]()
    for example in examples:
        seen[example.column] += 1
        if seen[example.column] <= per_column:
            labelled.append(example)
        else:
            unlabelled.append(Example(example.text, title=example.title))
    return labelled, unlabelled


def _macro_f1(told: list[str], truth: list[str]) -> float:
    pairs, said, is_so = Counter(zip(told, truth, strict=True)), Counter(told), Counter(truth)
    return float(np.mean([2 * pairs[c, c] / (said[c] + is_so[c]) for c in is_so]))
