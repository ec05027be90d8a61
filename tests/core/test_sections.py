"""The tree of columns."""

from __future__ import annotations

from syndicate.core import sections
from syndicate.settings import Column

COLUMNS = (
    Column("law"),
    Column("court", parent="law"),
    Column("appeals", parent="court"),
    Column("rest", rest=True),
)


def test_an_entry_stands_in_its_columns_and_all_above_them() -> None:
    assert sections.places(COLUMNS, ["appeals", "rest"]) == ("appeals", "court", "law", "rest")


def test_a_column_has_everything_under_it() -> None:
    assert sections.within(COLUMNS, "law") == ("law", "court", "appeals")
    assert sections.within(COLUMNS, "appeals") == ("appeals",)


def test_a_ring_ends() -> None:
    ring = (Column("a", parent="b"), Column("b", parent="a"))
    assert {column.id for column in sections.lineage(ring, "a")} == {"a", "b"}
