"""Rules of columns: words, globs, expressions; the order; what `check --rules` says."""

from __future__ import annotations

import pytest

from syndicate.core.audit import audit
from syndicate.core.rules import Facts, compile_rules, hits, match
from syndicate.settings import Column, Rule

ENTRY = Facts(
    title="全國人大常委會審議ＡＩ法草案",
    text="The draft covers machine learning.\n价格为１００元。",
    authors=("王小明", "Anna Example"),
    sources=("示例日报", "gov"),
    categories=("Law & Policy",),
    urls=("https://www.gov.example/news/2026/1.html?id=7",),
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param(Rule(any=("体育", "人大")), True, id="any"),
        pytest.param(Rule(any=("全国人大",)), True, id="simplified finds traditional"),
        pytest.param(Rule(any=("ai",)), True, id="width and case"),
        pytest.param(Rule(any=("earning",)), False, id="not inside a Latin word"),
        pytest.param(Rule(any=("machine learning",)), True, id="phrase"),
        pytest.param(Rule(any=("00元",)), False, id="not inside a number"),
        pytest.param(Rule(any=("100元",)), True, id="number before Han"),
        pytest.param(Rule(all=("人大", "草案")), True, id="all"),
        pytest.param(Rule(all=("人大", "体育")), False, id="all, one missing"),
        pytest.param(Rule(any=("人大",), none=("草案",)), False, id="none"),
        pytest.param(Rule(none=("体育",)), True, id="none alone"),
        pytest.param(Rule(title=("draft",)), False, id="title only"),
        pytest.param(Rule(title=("草案",)), True, id="title"),
        pytest.param(Rule(author=("anna example",)), True, id="author"),
        pytest.param(Rule(source=("示例日报",)), True, id="source"),
        pytest.param(Rule(category=("policy",)), True, id="category word"),
        pytest.param(Rule(url=("*.gov.example/news/*",)), True, id="glob without scheme"),
        pytest.param(Rule(url=("https://*.html?id=7",)), True, id="glob with scheme"),
        pytest.param(Rule(url=("gov.example/*",)), False, id="another host"),
        pytest.param(Rule(regex=r"第\d+号|审议|\d{3}元|審議"), True, id="regex"),
        pytest.param(Rule(regex=r"DRAFT\s+covers"), True, id="regex without case"),
        pytest.param(Rule(any=("人大",), regex="体育"), False, id="and"),
        pytest.param(Rule(regex="(a"), False, id="bad regex"),
        pytest.param(Rule(), False, id="no key"),
        pytest.param(Rule(any=("",)), False, id="empty word"),
    ],
)
def test_rule(rule: Rule, expected: bool) -> None:
    compiled = compile_rules([Column("law", rules=(rule,))])
    assert (match(compiled, ENTRY) is not None) is expected


def test_the_first_from_top_to_bottom_decides_and_says_why() -> None:
    columns = [
        Column("sport", rules=(Rule(any=("体育",)),)),
        Column("law", rules=(Rule(any=("人大", "草案")),)),
        Column("tech", rules=(Rule(title=("AI",)), Rule(any=("draft",)))),
    ]
    filed = match(compile_rules(columns), ENTRY)
    assert filed is not None
    assert (filed.column, filed.rule, filed.also) == ("law", "rule 2", ("tech",))
    assert filed.evidence == ("columns[1].rules[0]", "any 人大", "any 草案")
    assert [hit.number for hit in hits(compile_rules(columns), ENTRY)] == [2, 3, 4]


def test_a_weak_later_rule_adds_no_column() -> None:
    columns = [
        Column("law", rules=(Rule(any=("人大",)),)),
        Column("x", rules=(Rule(any=("draft",)),)),
    ]
    filed = match(compile_rules(columns), ENTRY)
    assert filed is not None
    assert filed.also == ()


def test_a_bad_regex_is_a_problem_with_its_place() -> None:
    compiled = compile_rules(
        [Column("a"), Column("b", rules=(Rule(any=("x",)), Rule(regex="(?<=x)y")))]
    )
    assert [p.message.partition(": ")[0] for p in compiled.problems] == [
        "columns[1].rules[1].regex"
    ]


def test_an_evil_regex_takes_linear_time() -> None:
    compiled = compile_rules([Column("a", rules=(Rule(regex="(a+)+$"),))])
    assert match(compiled, Facts(text="a" * 50_000 + "!")) is None


@pytest.mark.parametrize(
    ("rules", "number", "words"),
    [
        pytest.param((Rule(all=("人大",), none=("人",)),), 1, "cannot match", id="all against none"),
        pytest.param((Rule(any=("人大", "大人"), none=("人",)),), 1, "cannot match", id="any against none"),
        pytest.param((Rule(),), 1, "cannot match", id="no key"),
        pytest.param((Rule(regex="["),), 1, "missing", id="bad regex"),
        pytest.param((Rule(any=("人大",)), Rule(any=("全国人大",))), 2, "cannot decide: rule 1", id="implied"),
        pytest.param((Rule(any=("人大",)), Rule(all=("人大", "x"))), 2, "cannot decide", id="narrower"),
        pytest.param((Rule(url=("*a*",)), Rule(url=("*a*",), any=("x",))), 2, "cannot decide", id="url"),
        pytest.param((Rule(any=("car",)), Rule(any=("carpet",))), 2, "", id="not inside a word"),
        pytest.param((Rule(any=("人大",), none=("体育",)), Rule(any=("人大",))), 2, "", id="wider"),
    ],
)  # fmt: skip
def test_audit_of_rules_alone(rules: tuple[Rule, ...], number: int, words: str) -> None:
    reports = audit([Column("law", rules=rules)], [])
    problems = " ".join(reports[number - 1].problems)
    assert words in problems
    assert bool(problems) is bool(words)


def test_audit_counts_on_what_came() -> None:
    columns = [
        Column("law", rules=(Rule(any=("法",)), Rule(title=("草案",)))),
        Column("tech", rules=(Rule(any=("AI",)), Rule(any=("量子",)))),
    ]
    entries = [Facts(title="法 草案")] * 15 + [Facts(title="法")] * 5 + [Facts(title="AI")] * 5
    law, draft, tech, none = audit(columns, entries)
    assert (law.matched, law.decided, law.share) == (20, 20, 0.8)
    assert any("too broad: fulfilled by 20 of 25 (80%)" in text for text in law.problems)
    assert any("shadows rule 2" in text for text in law.problems)
    assert (draft.matched, draft.decided) == (15, 0)
    assert any(text.startswith("shadowed: fulfilled by 15") for text in draft.problems)
    assert tech.problems == ()
    assert none.to_json()["problems"] == ["matched none of 25"]
