"""In which columns an entry goes, and why.

The order of evidence: the editor's move, the source's fixed column, the column stated in the
entry, the breadcrumb, categories (by title, id, the column's own list, or the learned and visible
mapping), rules, the learned model, the columns' own names, the rest. What upstream calls a column
and we do not have never makes one: it stays in the evidence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from syndicate.core.coldstart import Names, name_columns
from syndicate.core.folding import fold
from syndicate.core.linear import Guess, Model
from syndicate.core.rules import Compiled, compile_rules, facts, match
from syndicate.core.sections import within
from syndicate.model import Entry, Filed
from syndicate.settings import Column, Source


@dataclass(frozen=True, slots=True)
class Classifier:
    """All that filing needs, made once for a configuration and a model."""

    columns: dict[str, Column]
    rest: str
    named: dict[str, str]  # folded title, id or category → column
    mapping: dict[str, str]  # folded upstream category → column, learned
    rules: Compiled
    names: Names
    model: Model | None = None


def prepare(
    columns: Sequence[Column], mapping: Mapping[str, str] | None = None, model: Model | None = None
) -> Classifier:
    """A classifier for these columns; mapping and model may name columns that are gone."""
    known = {column.id: column for column in columns}
    named: dict[str, str] = {}
    for column in columns:
        for name in (column.title, column.id, *column.categories):
            named.setdefault(fold(name), column.id)
    named.pop("", None)
    learned = {fold(name): id_ for name, id_ in (mapping or {}).items() if id_ in known}
    rest = next((column.id for column in columns if column.rest), "rest")
    return Classifier(
        known, rest, named, learned, compile_rules(columns), name_columns(columns), model
    )


def file(
    entry: Entry,
    source: Source,
    classifier: Classifier,
    *,
    moved: str | None = None,
    stated: str | None = None,
) -> Filed:
    """Where an entry goes; `moved` is the editor's column, `stated` that of its front matter."""
    unknown: list[str] = []
    filed = _decide(entry, source, classifier, moved, stated, unknown)
    also = tuple(id_ for id_ in filed.also if _adds(id_, filed.column, classifier))
    return replace(filed, evidence=(*filed.evidence, *unknown), also=also)


def _decide(
    entry: Entry,
    source: Source,
    classifier: Classifier,
    moved: str | None,
    stated: str | None,
    unknown: list[str],
) -> Filed:
    for id_, rule, shown in (
        (moved, "editor", "moved by an editor"),
        (source.column, "fixed", f"source {source.id}"),
    ):
        if id_ and id_ in classifier.columns:
            return Filed(id_, rule, (shown,))
        if id_:
            unknown.append(f"{shown}: no column {id_!r}")
    upstream = _stated(stated, classifier, unknown), _breadcrumb(entry, classifier, unknown)
    by_category = _categories(entry, classifier, unknown)
    for filed in (*upstream, by_category):
        if filed is not None:
            also = () if by_category is None else (by_category.column, *by_category.also)
            return replace(filed, also=tuple(dict.fromkeys(also)))
    by_rule = match(classifier.rules, facts(entry, source))
    return by_rule or _by_words(entry, classifier)


def _stated(stated: str | None, classifier: Classifier, unknown: list[str]) -> Filed | None:
    if not stated:
        return None
    id_ = classifier.named.get(fold(stated))
    if id_ is None:
        unknown.append(f"stated {stated} (no such column)")
        return None
    return Filed(id_, "stated", (f"column {stated}",))


def _breadcrumb(entry: Entry, classifier: Classifier, unknown: list[str]) -> Filed | None:
    if not entry.breadcrumb:
        return None
    shown = " > ".join(entry.breadcrumb)
    for name in reversed(entry.breadcrumb):
        id_, how = _named(name, classifier)
        if id_:
            return Filed(id_, "breadcrumb", (f"{shown}: {name}{how}",))
    unknown.append(f"breadcrumb {shown} (no such column)")
    return None


def _categories(entry: Entry, classifier: Classifier, unknown: list[str]) -> Filed | None:
    found: dict[str, str] = {}
    strange = []
    for category in entry.categories:
        id_, how = _category(category, classifier)
        if id_:
            found.setdefault(id_, f"{category}{how}")
        else:
            strange.append(category)
    if strange:
        unknown.append(f"category {'、'.join(strange)} (no such column)")
    if not found:
        return None
    first, *others = found
    return Filed(first, "category", (f"category {found[first]}",), tuple(others))


def _category(category: str, classifier: Classifier) -> tuple[str, str]:
    """A category as a whole, else the deepest part of a path (`News/Law`, `时政 > 法治`)."""
    id_, how = _named(category, classifier)
    if id_:
        return id_, how
    for part in reversed(re.split(r"[/>＞|»]", category)):
        id_, how = _named(part, classifier)
        if id_:
            return id_, how
    return "", ""


def _named(name: str, classifier: Classifier) -> tuple[str, str]:
    """The column that an upstream name means, and by what if not by its own name."""
    folded = fold(name)
    if id_ := classifier.named.get(folded):
        return id_, ""
    if id_ := classifier.mapping.get(folded):
        return id_, f" (learned: {name} → {id_})"
    return "", ""


def _by_words(entry: Entry, classifier: Classifier) -> Filed:
    text = entry.content_text or entry.summary
    guess = classifier.model.guess(entry.title, text) if classifier.model else None
    known = guess is not None and guess.column in classifier.columns
    if guess is not None and known and guess.decided:
        return Filed(guess.column, "model", _shown(guess))
    learned = classifier.model.columns if classifier.model else ()
    column, words = classifier.names.best(entry.title, text, without=learned)
    if column:
        return Filed(column, "model", (f"words of its own name: {'、'.join(words)}",))
    if guess is None or not known:
        return Filed(classifier.rest, "rest", ("nothing speaks for a column",))
    return Filed(classifier.rest, "rest", ("not sure enough", *_shown(guess)))


def _shown(guess: Guess) -> tuple[str, ...]:
    least = f"{guess.threshold:.2f}" if guess.threshold <= 1 else "never"
    sure = f"{guess.column} {guess.probability:.2f} (needs {least})"
    lead = f"{guess.margin:.2f} before {guess.second}"
    return (sure, lead, f"words {'、'.join(guess.words)}")


def _adds(id_: str, main: str, classifier: Classifier) -> bool:
    """Whether a further column shows the entry where the main one does not already."""
    if id_ in (main, classifier.rest) or id_ not in classifier.columns:
        return False
    columns = tuple(classifier.columns.values())
    return main not in within(columns, id_)
