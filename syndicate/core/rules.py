"""Rules of columns (contract §4): which entry goes where by words, globs and expressions.

A rule is the "and" of its keys. Words are compared without regard to case, width, and simplified
or traditional characters: a word that begins or ends with a letter or digit of an alphabet does
so at a word's edge (`AI` is not in `chairman`, but is in `用AI写作`), any other is found anywhere.
`any`, `all`, `none` look into title and text; `title`, `author`, `source`, `category` into those,
and one of their words is enough. `url` has globs: `*` is any run, `?` any one character; without
`://` the scheme may be any. `regex` is RE2 over the title, a line break and the text as written,
without regard to case. Rules run on RE2, so that none can take more than linear time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import re2

from syndicate.core.folding import fold, fold_text
from syndicate.errors import Problem
from syndicate.model import Entry, Filed
from syndicate.settings import Column, Rule, Source

FIELDS = ("any", "all", "none", "title", "author", "source", "category")


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at in an entry; `folded` of each field is made once."""

    title: str = ""
    text: str = ""
    authors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that an entry fulfils; `number` counts from 1 over all columns."""

    number: int
    column: str
    place: str  # columns[0].rules[1]
    evidence: tuple[str, ...]  # "any 人大", "url *.gov.example/*"
    strong: bool  # more than one word somewhere in the text speaks for it


@dataclass(frozen=True, slots=True)
class Compiled:
    """Rules ready to run, in their order; `problems` are of those that never match."""

    rules: tuple[_Rule, ...]
    words: dict[str, _Words]  # by what they are looked for in: text, title, author …
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rule:
    number: int
    column: str
    place: str
    rule: Rule
    folded: dict[str, tuple[str, ...]]
    urls: tuple[re.Pattern[str], ...] = ()
    regex: Any = None
    broken: bool = False


_NONE: frozenset[str] = frozenset()


class _Words:
    """Finds which of many words are in a text: all at once by RE2, then their edges."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(dict.fromkeys(words))
        options = re2.Options()
        options.log_errors = False
        options.literal = True
        options.max_mem = 64 << 20
        self._set = re2.Set.SearchSet(options) if self._words else None
        if self._set is not None:
            for word in self._words:
                self._set.Add(word)
            self._set.Compile()

    def __bool__(self) -> bool:
        return self._set is not None

    def found(self, folded: str) -> frozenset[str]:
        if self._set is None or not folded:
            return _NONE
        candidates = (self._words[index] for index in self._set.Match(folded) or ())
        return frozenset(word for word in candidates if occurs(word, folded))


_ALPHABETS = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "DIGIT", "LOW LINE", "COMBINING")


@lru_cache(maxsize=4096)
def _is_spelled(char: str) -> bool:
    """Whether words of its script stand apart: alphabets and digits, not Han, kana, Hangul."""
    if char.isascii():
        return char.isalnum() or char == "_"
    return unicodedata.name(char, "").startswith(_ALPHABETS)


def occurs(word: str, text: str) -> bool:
    """Whether a folded word is in a folded text, at word edges where its script has them."""
    left, right = _is_spelled(word[0]), _is_spelled(word[-1])
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (left and at and _is_spelled(text[at - 1])) and not (
            right and end < len(text) and _is_spelled(text[end])
        ):
            return True
        at = text.find(word, at + 1)
    return False


def compile_rules(columns: Sequence[Column]) -> Compiled:
    """The rules of all columns, from top to bottom. Never raises: see `problems`."""
    rules: list[_Rule] = []
    problems: list[Problem] = []
    for place, column, rule in _placed(columns):
        folded = {key: tuple(filter(None, map(fold, getattr(rule, key)))) for key in FIELDS}
        regex, error = _compile_regex(rule.regex)
        if error:
            problems.append(Problem("", 0, f"{place}.regex: {error}"))
        globs = tuple(map(_glob, rule.url))
        rules.append(
            _Rule(len(rules) + 1, column, place, rule, folded, globs, regex, broken=bool(error))
        )
    return Compiled(tuple(rules), _words_of(rules), tuple(problems))


def _placed(columns: Sequence[Column]) -> Iterator[tuple[str, str, Rule]]:
    for number, column in enumerate(columns):
        for index, rule in enumerate(column.rules):
            yield f"columns[{number}].rules[{index}]", column.id, rule


def _words_of(rules: Sequence[_Rule]) -> dict[str, _Words]:
    def of(*keys: str) -> _Words:
        return _Words([word for rule in rules for key in keys for word in rule.folded[key]])

    return {"text": of("any", "all", "none")} | {key: of(key) for key in FIELDS[3:]}


def _compile_regex(pattern: str) -> tuple[Any, str]:
    if not pattern:
        return None, ""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    try:
        return re2.compile(pattern, options), ""
    except re2.error as error:
        reason = error.args[0] if error.args else error
        return None, reason.decode() if isinstance(reason, bytes) else str(reason)


def _glob(glob: str) -> re.Pattern[str]:
    # `*` alone is any run: Python's engine is linear in it as long as each run is taken lazily once
    parts = [re.escape(part).replace(r"\?", ".") for part in glob.lower().split("*")]
    head, *rest = parts
    body = head + "".join(f"(?>.*?{part})" for part in rest[:-1])
    body += f".*{rest[-1]}" if rest else ""
    return re.compile(("" if "://" in glob else r"(?:[a-z][a-z0-9+.-]*:)?(?://)?") + body, re.S)


def facts(entry: Entry, source: Source | None = None) -> Facts:
    """What rules look at in an entry of a source."""
    stated = entry.attribution
    names = [stated.source.name, *(hop.name for hop in stated.via), entry.source]
    if source is not None:
        names += [source.name, source.id]
    return Facts(
        title=entry.title,
        text=entry.content_text or entry.summary,
        authors=tuple(person.name for person in stated.authors),
        sources=tuple(dict.fromkeys(filter(None, names))),
        categories=entry.categories + entry.breadcrumb,
        urls=tuple(dict.fromkeys(filter(None, (entry.url, stated.original_url)))),
    )


def hits(compiled: Compiled, entry: Facts) -> Iterator[Hit]:
    """Every rule that the entry fulfils, in their order."""
    if not compiled.rules:
        return
    seen = _look(compiled, entry)
    for rule in compiled.rules:
        hit = _try(rule, entry, seen)
        if hit is not None:
            yield hit


def match(compiled: Compiled, entry: Facts) -> Filed | None:
    """The first rule that the entry fulfils; further columns where later ones speak strongly."""
    found = list(hits(compiled, entry))
    if not found:
        return None
    first = found[0]
    also = dict.fromkeys(hit.column for hit in found[1:] if hit.strong)
    also.pop(first.column, None)
    return Filed(first.column, f"rule {first.number}", first.evidence, tuple(also))


@dataclass(frozen=True, slots=True)
class _Seen:
    words: dict[str, frozenset[str]]
    urls: tuple[str, ...]
    raw: str = field(repr=False, default="")


def _look(compiled: Compiled, entry: Facts) -> _Seen:
    title = fold(entry.title)
    fields: dict[str, Callable[[], str]] = {
        "text": lambda: f"{title}\n{fold_text(entry.text)}",
        "title": lambda: title,
        "author": lambda: "\n".join(map(fold, entry.authors)),
        "source": lambda: "\n".join(map(fold, entry.sources)),
        "category": lambda: "\n".join(map(fold, entry.categories)),
    }
    words = {key: w.found(fields[key]()) if w else _NONE for key, w in compiled.words.items()}
    return _Seen(words, tuple(url.lower() for url in entry.urls), f"{entry.title}\n{entry.text}")


def _try(rule: _Rule, entry: Facts, seen: _Seen) -> Hit | None:
    if rule.broken or not _has_keys(rule):
        return None
    text, words = seen.words["text"], rule.folded
    if not text.isdisjoint(words["none"]) or not text.issuperset(words["all"]):
        return None
    evidence = [("all", word) for word in words["all"]]
    for key in ("any", *FIELDS[3:]):
        if getattr(rule.rule, key):
            found = [w for w in words[key] if w in seen.words["text" if key == "any" else key]]
            if not found:
                return None
            evidence += [(key, word) for word in found]
    for found_elsewhere in (_match_url(rule, seen), _match_regex(rule, seen)):
        if found_elsewhere is None:
            return None
        evidence += found_elsewhere
    strong = len(evidence) > 1 or any(key not in ("any", "all") for key, _ in evidence)
    title = fold(entry.title) if evidence and not strong else ""
    strong = strong or any(occurs(word, title) for _, word in evidence)
    shown = tuple(f"{key} {_as_written(rule, key, word)}" for key, word in evidence)
    return Hit(rule.number, rule.column, rule.place, (rule.place, *shown), strong)


def _has_keys(rule: _Rule) -> bool:
    return any(rule.folded.values()) or bool(rule.urls) or rule.regex is not None


def _as_written(rule: _Rule, key: str, word: str) -> str:
    given: tuple[str, ...] = getattr(rule.rule, key) if key in FIELDS else ()
    return next((one for one in given if fold(one) == word), word)


def _match_url(rule: _Rule, seen: _Seen) -> list[tuple[str, str]] | None:
    if not rule.urls:
        return []
    for glob, pattern in zip(rule.rule.url, rule.urls, strict=True):
        if any(pattern.fullmatch(url) for url in seen.urls):
            return [("url", glob)]
    return None


def _match_regex(rule: _Rule, seen: _Seen) -> list[tuple[str, str]] | None:
    if rule.regex is None:
        return []
    found = rule.regex.search(seen.raw)
    return [("regex", found.group(0)[:60])] if found else None
