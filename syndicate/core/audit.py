"""What is wrong with rules: for `check --rules`, on rules alone and on what came lately."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from syndicate.core.rules import FIELDS, Compiled, Facts, _Rule, compile_rules, hits, occurs
from syndicate.settings import Column

BROAD = 0.5  # of the entries; more is no choice
FEW = 20  # entries below which a share says nothing


@dataclass(frozen=True, slots=True)
class RuleReport:
    """One rule on the entries looked at: how many fulfil it, how many it decided, and what is
    wrong with it (nothing, mostly)."""

    number: int
    column: str
    place: str
    matched: int
    decided: int
    entries: int
    problems: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        return self.matched / self.entries if self.entries else 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"problems": list(self.problems), "share": round(self.share, 4)}


def audit(columns: Sequence[Column], entries: Iterable[Facts]) -> tuple[RuleReport, ...]:
    """A report for each rule, in their order; `entries` are those of the last 30 days."""
    compiled = compile_rules(columns)
    matched, decided, total = Counter[int](), Counter[int](), 0
    before: dict[int, Counter[int]] = {rule.number: Counter() for rule in compiled.rules}
    for entry in entries:
        total += 1
        numbers = [hit.number for hit in hits(compiled, entry)]
        matched.update(numbers)
        decided.update(numbers[:1])
        for number in numbers[1:]:
            before[number][numbers[0]] += 1
    broken = {problem.message.rpartition(".regex: ")[0] for problem in compiled.problems}
    return tuple(
        RuleReport(
            rule.number,
            rule.column,
            rule.place,
            matched[rule.number],
            decided[rule.number],
            total,
            (
                *_wrong_alone(rule, compiled, broken),
                *_wrong_lately(rule, compiled, matched, decided, before, total),
            ),
        )
        for rule in compiled.rules
    )


def _wrong_alone(rule: _Rule, compiled: Compiled, broken: set[str]) -> Iterable[str]:
    if rule.place in broken:
        message = next(p.message for p in compiled.problems if p.message.startswith(rule.place))
        yield message.partition(": ")[2]
        return
    reason = _why_never(rule)
    if reason:
        yield f"cannot match: {reason}"
        return
    for earlier in compiled.rules[: rule.number - 1]:
        if not earlier.broken and not _why_never(earlier) and _implies(rule, earlier):
            yield f"cannot decide: rule {earlier.number} ({earlier.place}) takes all that it would"
            return


def _wrong_lately(
    rule: _Rule,
    compiled: Compiled,
    matched: Counter[int],
    decided: Counter[int],
    before: dict[int, Counter[int]],
    total: int,
) -> Iterable[str]:
    count = matched[rule.number]
    if count and not decided[rule.number]:
        first, taken = before[rule.number].most_common(1)[0]
        place = compiled.rules[first - 1].place
        by = f"{taken} by rule {first} ({place})"
        yield f"shadowed: fulfilled by {count}, all decided before, {by}"
    hidden = [n for n, past in before.items() if 0 < past[rule.number] == matched[n]]
    for number in hidden:
        yield f"shadows rule {number}: takes all {matched[number]} that fulfil it"
    if total >= FEW and count / total > BROAD:
        yield f"too broad: fulfilled by {count} of {total} ({count / total:.0%})"
    if total >= FEW and not count and not rule.broken:
        yield f"matched none of {total}"


def _why_never(rule: _Rule) -> str:
    words = rule.folded
    if not any(words.values()) and not rule.urls and rule.regex is None:
        return "it has no key"
    for key in ("any", *FIELDS[3:]):
        if getattr(rule.rule, key) and not words[key]:
            return f"`{key}` has only empty words"
    for word in words["all"]:
        if refused := _contains_one(word, words["none"]):
            return f"`all` wants {word!r}, `none` refuses {refused!r}"
    for key in ("any", "title"):
        refusals = [_contains_one(word, words["none"]) for word in words[key]]
        if refusals and all(refusals):
            return f"`none` refuses every word of `{key}`"
    return ""


def _contains_one(word: str, among: Sequence[str]) -> str:
    return next((one for one in among if occurs(one, word)), "")


def _implies(later: _Rule, earlier: _Rule) -> bool:
    """Whether whatever fulfils `later` fulfils `earlier` too, as far as the words tell."""
    one, other = later.folded, earlier.folded
    in_text = [one["any"], one["title"], *([word] for word in one["all"])]
    if other["any"] and not any(_each_has(words, other["any"]) for words in in_text):
        return False
    if any(not any(_each_has(words, [word]) for words in in_text) for word in other["all"]):
        return False
    if any(not _contains_one(word, one["none"]) for word in other["none"]):
        return False
    for key in FIELDS[3:]:
        if other[key] and not _each_has(one[key], other[key]):
            return False
    if earlier.rule.url and not (later.rule.url and set(later.rule.url) <= set(earlier.rule.url)):
        return False
    return not earlier.rule.regex or earlier.rule.regex == later.rule.regex


def _each_has(words: Sequence[str], among: Sequence[str]) -> bool:
    return bool(words) and all(_contains_one(word, among) for word in words)
