"""In which columns an entry goes: the order of evidence, and what the model learns."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from syndicate.core import habits, linear, meanings, net
from syndicate.core.classify import file, prepare
from syndicate.core.grams import grams
from syndicate.core.linear import Example
from syndicate.core.matrix import Rows
from syndicate.core.sections import within
from syndicate.errors import ParseError
from syndicate.model import Attribution, Entry, Filed
from syndicate.settings import Column, Rule, Source

COLUMNS = (
    Column("law", "廉政法治", rules=(Rule(any=("法院",)),)),
    Column("congress", "人大专题", parent="law"),
    Column("sport", "体育", description="足球、篮球、比赛", categories=("运动",)),
    Column("tech", "Science & Technology", description="software, computers, space"),
    Column("rest", "其他", rest=True),
)
GOV = Source("gov")


def an_entry(**fields: object) -> Entry:
    entry = Entry(
        id="abcdefghijkl",
        source="gov",
        key="k",
        guid="g",
        title="标题",
        attribution=Attribution(),
        received=datetime(2026, 11, 24, tzinfo=UTC),
    )
    return replace(entry, **fields)  # type: ignore[arg-type]


def filed(entry: Entry, source: Source = GOV, **more: str) -> Filed:
    return file(entry, source, prepare(COLUMNS, {"球讯": "sport", "老": "gone"}), **more)


FULL = an_entry(title="法院", breadcrumb=("行业协会", "人大专题"), categories=("体育",))


@pytest.mark.parametrize(
    ("entry", "source", "more", "column", "rule"),
    [
        pytest.param(FULL, Source("gov", column="tech"), {"moved": "sport"}, "sport", "editor", id="editor"),
        pytest.param(FULL, Source("gov", column="tech"), {}, "tech", "fixed", id="fixed"),
        pytest.param(FULL, GOV, {"stated": "science & technology"}, "tech", "stated", id="stated"),
        pytest.param(FULL, GOV, {}, "congress", "breadcrumb", id="breadcrumb"),
        pytest.param(replace(FULL, breadcrumb=("体育", "球")), GOV, {}, "sport", "breadcrumb", id="deepest known"),
        pytest.param(replace(FULL, breadcrumb=()), GOV, {}, "sport", "category", id="category"),
        pytest.param(an_entry(categories=("News/運動",)), GOV, {}, "sport", "category", id="path"),
        pytest.param(an_entry(categories=("球讯",)), GOV, {}, "sport", "category", id="learned"),
        pytest.param(an_entry(categories=("ＬＡＷ",)), GOV, {}, "law", "category", id="id, wide"),
        pytest.param(an_entry(title="法院开庭"), GOV, {}, "law", "rule 1", id="rule"),
        pytest.param(an_entry(title="足球比赛"), GOV, {}, "sport", "model", id="cold start"),
        pytest.param(an_entry(), GOV, {}, "rest", "rest", id="rest"),
        pytest.param(an_entry(), GOV, {"moved": "gone"}, "rest", "rest", id="column that is gone"),
    ],
)  # fmt: skip
def test_order_of_evidence(
    entry: Entry, source: Source, more: dict[str, str], column: str, rule: str
) -> None:
    result = filed(entry, source, **more)
    assert (result.column, result.rule) == (column, rule)
    assert result.evidence


def test_what_upstream_calls_a_column_is_kept_and_makes_none() -> None:
    result = filed(an_entry(breadcrumb=("行业协会",), categories=("老", "杂谈")), stated="副刊")
    assert result.column == "rest"
    text = " ".join(result.evidence)
    assert "行业协会" in text
    assert "老、杂谈" in text
    assert "副刊" in text


def test_several_categories_are_several_columns() -> None:
    result = filed(an_entry(categories=("体育", "Tech", "体育")))
    assert (result.column, result.also) == ("sport", ("tech",))


def test_a_parent_is_no_further_column() -> None:
    assert filed(an_entry(categories=("人大专题", "law"))).also == ()
    assert filed(an_entry(categories=("law", "人大专题"))).also == ("congress",)


def test_a_column_has_its_children_within() -> None:
    columns = (*COLUMNS, Column("local", parent="congress"), Column("loop", parent="loop"))
    assert within(columns, "law") == ("law", "congress", "local")
    assert within(columns, "loop") == ("loop",)


SPORT = ("球队 赢得 比赛", "球员 进球 射门", "教练 谈 决赛", "联赛 冠军 球迷", "守门员 扑出 点球")
COURT = (
    "法院 判决 被告",
    "检察院 起诉 嫌疑人",
    "法官 审理 案件",
    "律师 辩护 庭审",
    "被告 上诉 二审",
)


def some_examples(times: int = 8) -> list[Example]:
    return [
        Example(f"{text}第{n}轮", column)
        for n in range(times)
        for column, texts in (("sport", SPORT), ("law", COURT))
        for text in texts
    ]


def test_the_model_decides_where_it_is_sure_and_shows_its_words() -> None:
    model = linear.train(some_examples())
    classifier = prepare((Column("sport"), Column("law"), Column("rest", rest=True)), {}, model)
    result = file(an_entry(title="球员 射门 比赛"), GOV, classifier)
    assert (result.column, result.rule) == ("sport", "model")
    assert "before law" in " ".join(result.evidence)
    assert any(word in " ".join(result.evidence) for word in ("射门", "球员", "比赛"))
    unsure = file(an_entry(title="天气预报"), GOV, classifier)
    assert unsure.rule == "rest"


def test_a_model_of_columns_that_are_gone_decides_nothing() -> None:
    classifier = prepare((Column("rest", rest=True),), {}, linear.train(some_examples()))
    assert file(an_entry(title="球员 射门 比赛"), GOV, classifier).rule == "rest"


def test_training_is_the_same_every_time_and_survives_its_bytes() -> None:
    data = linear.dump(linear.train(some_examples(), [Example("球员 受伤")] * 60))
    assert data == linear.dump(linear.train(some_examples(), [Example("球员 受伤")] * 60))
    loaded = linear.load(data)
    assert linear.dump(loaded) == data
    assert loaded.guess("", "法官 判决").column == "law"


def with_a_network() -> linear.Model:
    model = linear.train(some_examples())
    rows = Rows.of([grams("", example.text).hashes for example in some_examples()])
    truth = np.array(
        [[e.column == column for column in model.columns] for e in some_examples()], np.float32
    )
    return replace(model, net=replace(net.train(rows, truth), scale=0.5))


def test_a_network_beside_is_told_with_and_survives_its_bytes() -> None:
    model = with_a_network()
    data = linear.dump(model)
    assert data == linear.dump(with_a_network())
    loaded = linear.load(data)
    assert linear.dump(loaded) == data
    for example in some_examples():
        told, alone = loaded.guess("", example.text), replace(loaded, net=None)
        assert told.column == example.column
        assert told.probability > alone.guess("", example.text).probability
    assert not loaded.guess("", "zzz 无").decided


def test_a_model_of_before_the_network_is_read() -> None:
    data = linear.dump(linear.train(some_examples()))
    assert b'"net": null' in data
    start = data.index(b"{") - 4
    (length,) = struct.unpack("<I", data[start : start + 4])
    head = json.loads(data[start + 4 : start + 4 + length])
    for later in ("net", "scale", "habit", "form", "kin", "meaning"):
        del head[later]
    old = json.dumps(head).encode()
    body = struct.pack("<I", len(old)) + old + data[start + 4 + length :]
    read = linear.load(data[: start - 4] + struct.pack("<I", zlib.crc32(body)) + body)
    assert (read.net, read.habit, read.meaning) == (None, None, None)
    assert (read.form, read.kin) == (False, False)
    assert read.guess("", some_examples()[0].text).decided


def of_widths() -> list[Example]:
    """Two columns that share their words, one with headlines twice as wide."""
    words = ("球队", "赢得", "比赛", "法院", "判决", "被告", "天气", "市场")
    pairs = [(one, other) for one in words for other in words]
    return [
        Example(text, column)
        for one, other in pairs
        for column, text in (("short", f"{one}{other}"), ("long", f"{one}{other}{one}{other}"))
    ]


def test_the_width_of_headlines_counts_where_it_tells_columns_apart() -> None:
    model = linear.train(of_widths())
    assert model.habit is not None
    data = linear.dump(model)
    loaded = linear.load(data)
    assert linear.dump(loaded) == data
    assert loaded.habit is not None
    assert loaded.habit[8].argmax() == model.columns.index("short")
    assert "width 16" in loaded.guess("球队判决球队判决", "").words
    assert linear.train(some_examples()).habit is None  # words say it all


def test_what_was_never_that_wide_says_nothing() -> None:
    widths, truth = np.array([10, 11, 10, 30, 31, 30]), np.repeat(np.eye(2, dtype=np.float32), 3, 0)
    told = habits.learn(widths, truth)
    assert told.shape == (habits.SIZE, 2)
    assert told[[10, 30]].argmax(1).tolist() == [0, 1]
    assert np.abs(told[[0, 60, 120]]).max() < 1e-6


def test_a_form_alone_decides_nothing() -> None:
    model = linear.train([Example(f"{e.text} (pic)!", e.column) for e in some_examples()])
    assert model.guess("", "法院 (pic)!").column == "law"
    found = grams("", "zzz (qqq)!")
    assert found.written[np.isin(found.hashes, model.vocabulary)].all()
    assert np.isin(found.hashes, model.vocabulary).any()
    assert model.guess("", "zzz (qqq)!").column == ""


@pytest.mark.parametrize("text", ["", " ", "\ud800", "🦋", "zzz qqq"], ids=repr)
def test_what_says_nothing_is_not_decided(text: str) -> None:
    assert not linear.train(some_examples()).guess("", text).decided


def test_damaged_bytes_are_refused() -> None:
    data = linear.dump(linear.train(some_examples()))
    for bad in (b"", data[:40], b"x" + data, data[:-1] + b"\x00\x00", data[:30] + b"!" + data[31:]):
        with pytest.raises(ParseError):
            linear.load(bad)


def test_one_column_cannot_be_learned() -> None:
    with pytest.raises(ValueError, match="two columns"):
        linear.train([Example("甲", "law")] * 5)


def test_features_have_names_and_do_not_depend_on_the_process() -> None:
    found = grams("Ｇoal", "进球 goals")
    names = {found.named(index) for index in range(len(found.hashes))}
    assert {"goal", "goals", "goal goals", "进", "进球", "form Aa", "form X a"} <= names
    assert found.hashes.tolist() == sorted(set(grams("Goal", "進球 goals").hashes.tolist()))
    assert int(found.hashes.astype(np.uint64).sum()) == 50_618_478_351
    without = grams("Ｇoal", "进球 goals", kin=False)
    assert int(without.hashes.astype(np.uint64).sum()) == 38_083_175_136


def test_models_of_before_know_no_forms_and_no_kin() -> None:
    plain = grams("goal", "进球 GOALS", form=False, kin=False)
    same = grams("Goal", "进球 goals", form=False, kin=False)
    assert plain.hashes.tolist() == same.hashes.tolist()
    assert not plain.written.any()
    assert set(plain.weights.tolist()) == {1.0}
    later = grams("goal", "进球 GOALS", kin=False)
    assert set(plain.hashes.tolist()) < set(later.hashes.tolist())
    assert set(later.hashes.tolist()) < set(grams("goal", "进球 GOALS").hashes.tolist())


def test_a_word_that_no_example_has_is_known_by_its_kin() -> None:
    examples = [
        Example(f"The {word} was seen on day {n}", column)
        for n in range(10)
        for column, words in (("sport", ("striker", "goalkeeper")), ("tech", ("linux", "browser")))
        for word in words
    ]
    model = linear.train(examples)
    guess = model.guess("", "A midfielder's")
    assert (guess.column, guess.words) == ("sport", ("midfielder's",))
    assert linear.load(linear.dump(model)).guess("", "A midfielder's") == guess
    assert replace(model, kin=False).guess("", "A midfielder's").column == ""


def of_meanings() -> list[Example]:
    """Two columns of English words, none of which is in two texts."""
    sport = """striker midfielder defender coach stadium league champions tournament quarterback
        pitcher innings playoffs wimbledon golfer olympic sprinter"""
    tech = """software browser linux server processor laptop spyware download database modem
        broadband firewall keyboard programmers encryption desktop"""
    return [
        Example(word, column) for column, words in (("sport", sport), ("tech", tech))
        for word in words.split()
    ]  # fmt: skip


def test_what_english_words_mean_counts_where_it_is_told_better_with_it() -> None:
    model = linear.train(of_meanings())
    assert model.meaning is not None
    assert np.abs(model.meaning.sum(1)).max() < 1e-3
    data = linear.dump(model)
    assert data == linear.dump(linear.train(of_meanings()))
    loaded = linear.load(data)
    assert linear.dump(loaded) == data
    told = loaded.guess("", "The coach met a batsman")
    assert told.column == "sport"
    assert (
        told.probability
        > replace(loaded, meaning=None).guess("", "The coach met a batsman").probability
    )
    wide = replace(model, habit=np.ones((habits.SIZE, 2), np.float16))  # both behind one another
    assert linear.dump(linear.load(linear.dump(wide))) == linear.dump(wide)


@pytest.mark.parametrize(
    "examples",
    [some_examples(), [Example("goal " * n, "ab"[n % 2]) for n in range(1, 9)]],
    ids=["no words", "all alike"],
)
def test_meanings_are_left_out_where_they_tell_nothing(examples: list[Example]) -> None:
    assert linear.train(examples).meaning is None


def test_a_column_of_which_no_meaning_was_seen_is_no_fault() -> None:
    means = np.concatenate([np.eye(4, 50), np.ones((4, 1))], 1).astype(np.float32)
    means[3] = 0
    truth = np.eye(3, dtype=np.float32)[[0, 0, 1, 2]]
    told = means @ meanings.learn(means, truth)
    assert told[:3].argmax(1).tolist() == [0, 0, 1]
    assert not told[3].any()


def test_thresholds_hold_on_headlines(shared: Path) -> None:
    path = shared / "corpora" / "columns" / "titles-zh-train.jsonl"
    if not path.is_file():
        pytest.skip("no labelled headlines here")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()[:2500]]
    examples = [Example(row["text"], row["column"]) for row in rows]
    model = linear.train(examples[:2000])
    guesses = [(model.guess("", e.text), e.column) for e in examples[2000:]]
    decided = [guess.column == column for guess, column in guesses if guess.decided]
    assert len(decided) > 0.4 * len(guesses)
    assert sum(decided) / len(decided) > 0.9


@pytest.mark.parametrize("end", ["", "x", "xy", "xyz"])
def test_arrays_of_a_loaded_model_are_aligned_or_each_search_copies_them(end: str) -> None:
    columns = {"law": f"law{end}"}  # the arrays begin wherever the head ends
    examples = [replace(e, column=columns.get(e.column, e.column)) for e in some_examples()]
    model = linear.load(linear.dump(linear.train(examples)))
    assert model.vocabulary.flags.aligned
    assert model.idf.flags.aligned
    assert model.weights.flags.aligned
