"""The index of fingerprints, over SQLite and PostgreSQL."""

from __future__ import annotations

import random

from syndicate.adapters.store import fingerprints
from syndicate.adapters.store.engine import Database
from syndicate.adapters.store.fingerprints import Item, Match
from syndicate.core.dedupe import closest
from syndicate.core.fingerprint import fingerprint

WORDS = [
    "山",
    "河",
    "灯",
    "塔",
    "桥",
    "船",
    "茶",
    "书",
    "琴",
    "棋",
    "云",
    "雪",
    "松",
    "竹",
    "梅",
    "兰",
    "石",
    "路",
    "门",
    "窗",
    "鱼",
    "鸟",
    "马",
    "羊",
]


def a_text(seed: int, length: int = 500) -> str:
    drawn = random.Random(seed)
    return "".join(drawn.choice(WORDS) for _ in range(length))


def an_item(entry: str, source: str, text: str, title: str = "") -> Item:
    return Item(entry, source, fingerprint(title, text))


def seen(database: Database, *items: Item) -> list[Match | None]:
    with database.begin() as conn:
        matches = fingerprints.match(conn, items, closest)
        fingerprints.add(conn, items)
    return matches


def test_finds_an_earlier_entry(database: Database) -> None:
    assert seen(database, an_item("e1", "a", a_text(1)), an_item("e2", "a", a_text(2))) == [
        None,
        None,
    ]
    found = seen(database, an_item("e3", "b", a_text(1)[:300]), an_item("e4", "b", a_text(3)))
    assert [match and match.entry for match in found] == ["e1", None]
    assert found[0] is not None
    assert found[0].score == 1.0
    assert "100%" in found[0].reason


def test_finds_a_twin_in_the_same_batch(database: Database) -> None:
    found = seen(database, an_item("e1", "a", a_text(1)), an_item("e2", "b", a_text(1) + "完"))
    assert [match and match.entry for match in found] == [None, "e1"]


def test_the_items_of_one_source_are_a_series(database: Database) -> None:
    short = a_text(1, 150)
    found = seen(
        database,
        an_item("e1", "a", short),
        an_item("e2", "a", short[:70] + "换了名字的另外一则" + short[80:]),
        an_item("e3", "a", short),
    )
    assert [match and match.entry for match in found] == [None, None, "e1"]


def test_a_removed_entry_is_not_found(database: Database) -> None:
    seen(database, an_item("e1", "a", a_text(1)))
    with database.begin() as conn:
        fingerprints.remove(conn, ["e1"])
    assert seen(database, an_item("e2", "b", a_text(1))) == [None]


def test_the_hundredth_reprint_is_found(database: Database) -> None:
    for number in range(100):
        (found,) = seen(database, an_item(f"e{number}", f"s{number}", a_text(1)))
        assert (found is None) == (number == 0)


def test_boilerplate_of_a_house_joins_nothing(database: Database) -> None:
    house = a_text(0, 150)
    items = [an_item(f"e{n}", f"s{n}", a_text(n + 1, 300) + house) for n in range(80)]
    assert seen(database, *items) == [None] * 80


def test_adding_twice_changes_nothing(database: Database) -> None:
    item = an_item("e1", "a", a_text(1))
    seen(database, item)
    assert seen(database, item) == [None]


def test_nothing_to_do(database: Database) -> None:
    assert seen(database) == []
