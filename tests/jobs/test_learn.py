"""Learning columns: from files and moves to a model, never to a worse one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from syndicate.adapters.store import columns, entries, stories
from syndicate.adapters.store.engine import Database
from syndicate.core import linear
from syndicate.errors import ConfigError, SyndicateError
from syndicate.jobs import learn
from syndicate.model import Attribution, Entry
from syndicate.settings import Column, Settings, Site

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = Settings(
    Site("示例", "https://news.example/"),
    Path("config.toml"),
    columns=(Column("sport", "体育"), Column("law", "法治"), Column("rest", rest=True)),
)
WORDS = {
    "sport": ("球队 比赛", "球员 射门", "教练 决赛"),
    "law": ("法院 判决", "法官 案件", "律师 庭审"),
}


def rows(times: int = 10) -> list[dict[str, str]]:
    return [
        {"text": f"{text} {n}", "column": column}
        for n in range(times)
        for column, texts in WORDS.items()
        for text in texts
    ]


def a_file(folder: Path, lines: list[dict[str, str]]) -> Path:
    path = folder / "examples.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    return path


def an_entry(number: int, title: str, categories: tuple[str, ...] = ()) -> Entry:
    id_ = f"entry{number:08d}"
    return Entry(id_, "gov", id_, id_, title, Attribution(), NOW, content_text=title,
                 categories=categories, story=id_, column="rest", columns=("rest",))  # fmt: skip


def in_use(conn: Connection) -> int:
    active = columns.standing(conn).active
    return active.version if active else 0


def test_train_and_evaluate(database: Database, tmp_path: Path) -> None:
    path = a_file(tmp_path, [*rows(), {"text": "球迷 看台", "column": "体育", "title": "决赛"}])
    trained = learn.train(database, SETTINGS, path, NOW)
    assert (trained.version, trained.active, trained.examples) == (1, True, 61)
    report = trained.to_json()
    assert report["accuracy"] > 0.9
    assert json.loads(json.dumps(report)) == report
    result = learn.evaluate(database, SETTINGS, path)
    assert (result.texts, result.accuracy) == (61, 1.0)
    assert result.confusion["law"] == {"law": 30}
    with database.read() as conn:
        assert in_use(conn) == 1
        assert columns.versions(conn)[0].figures["examples"] == 61


def test_a_worse_model_is_kept_beside_and_says_why(
    sqlite_database: Database, tmp_path: Path
) -> None:
    good = linear.train([linear.Example(r["text"], r["column"]) for r in rows()])
    noise = [{"text": f"甲乙丙 {n}", "column": ("law", "sport")[n % 2]} for n in range(40)]
    with sqlite_database.begin() as conn:
        figures = {"held_back_accuracy": 0.95}
        columns.add_model(conn, linear.dump(good), figures, NOW, active=True, reason="")
    trained = learn.train(sqlite_database, SETTINGS, a_file(tmp_path, noise), NOW)
    assert not trained.active
    assert trained.reason.startswith("worse than version 1")
    with sqlite_database.read() as conn:
        assert in_use(conn) == 1
        assert [version.active for version in columns.versions(conn)] == [False, True]


def test_what_neither_has_seen_is_compared_on_both(
    sqlite_database: Database, tmp_path: Path
) -> None:
    learn.train(sqlite_database, SETTINGS, a_file(tmp_path, rows()), NOW)
    more = [row | {"text": row["text"] + "轮"} for row in rows()]
    trained = learn.train(sqlite_database, SETTINGS, a_file(tmp_path, more), NOW + DAY)
    assert trained.before is not None
    assert trained.before.texts == 30
    assert (
        trained.reason
        == "not worse than version 1: 1.000 of 30 held-back texts are right, before 1.000"
    )


def test_moves_are_learned_with_their_categories(database: Database) -> None:
    made = [
        an_entry(n, text, ("球讯",) if column == "sport" else ("Law", f"x{n}"))
        for n, (column, text) in enumerate((c, t) for c in WORDS for t in WORDS[c] * 2)
    ]
    with database.begin() as conn:
        entries.save(conn, [(entry, ()) for entry in made])
        for entry in made:
            column = "sport" if "球讯" in entry.categories else "law"
            stories.file(conn, entry.id, column, NOW, "editor")
    trained = learn.train(database, SETTINGS, None, NOW)
    assert (trained.moves, trained.active) == (12, True)
    with database.read() as conn:
        assert columns.mapped(conn) == {"law": "law", "球讯": "sport"}
        assert columns.count_moves(conn, NOW) == 0
        assert columns.count_moves(conn) == 12
        assert columns.unlabelled(conn, 5) == []


def test_too_little_is_told_and_changes_nothing(sqlite_database: Database, tmp_path: Path) -> None:
    given = [
        {"text": "甲", "column": "law"},
        {"text": "乙", "column": "law"},
        {"text": "丙", "column": "sport"},
    ]
    trained = learn.train(sqlite_database, SETTINGS, a_file(tmp_path, given), NOW)
    assert (trained.version, trained.left_out) == (None, ("sport: only 1 example",))
    with pytest.raises(SyndicateError, match="no model"):
        learn.evaluate(sqlite_database, SETTINGS, a_file(tmp_path, rows()))


def test_a_column_that_is_gone_is_left_out(sqlite_database: Database, tmp_path: Path) -> None:
    learn.train(sqlite_database, SETTINGS, a_file(tmp_path, rows()), NOW)
    fewer = replace(SETTINGS, columns=(*SETTINGS.columns[1:], Column("new")))
    trained = learn.train(sqlite_database, fewer, None, NOW)
    assert trained.left_out == ("sport: no such column",)
    assert not trained.active


def test_every_bad_line_is_named_and_nothing_kept(
    sqlite_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text": "a", "column": "law"}\n{\n[]\n\n{"text": 1, "column": "law"}\n'
                    '{"text": "a"}\n{"text": "a", "column": "lae"}\n', "utf-8")  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        learn.train(sqlite_database, SETTINGS, path, NOW)
    assert [problem.line for problem in caught.value.problems] == [2, 3, 5, 6, 7]
    assert "no column 'lae'" in str(caught.value)
    with sqlite_database.read() as conn:
        assert columns.labelled(conn) == []


def test_a_damaged_model_is_replaced(sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.begin() as conn:
        columns.add_model(conn, b"?", {}, NOW, active=True, reason="")
    trained = learn.train(sqlite_database, SETTINGS, a_file(tmp_path, rows()), NOW)
    assert trained.active
    assert "cannot be read" in trained.reason


def test_only_some_versions_stay(sqlite_database: Database) -> None:
    data = linear.dump(linear.train([linear.Example(r["text"], r["column"]) for r in rows()]))
    with sqlite_database.begin() as conn:
        columns.add_model(conn, data, {}, NOW, active=True, reason="")
        for _ in range(5):
            columns.add_model(conn, data, {}, NOW, active=False, reason="worse")
        columns.forget_models(conn, 2)
        assert [version.version for version in columns.versions(conn)] == [6, 5, 1]
