from __future__ import annotations

import csv
from datetime import timedelta

import pytest

from syndicate.core import report, report_page
from syndicate.core.report import Line, Report, Tally
from syndicate.model import STATED

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("spans", "middle"),
    [
        pytest.param([], None, id="none"),
        pytest.param([DAY], DAY, id="one"),
        pytest.param([DAY, 3 * DAY], 2 * DAY, id="of two the mean"),
        pytest.param([DAY, 2 * DAY, 9 * DAY], 2 * DAY, id="of three the middle"),
    ],
)
def test_median(spans: list[timedelta], middle: timedelta | None) -> None:
    assert report.median(spans) == middle


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100 %"), (0.999, "> 99 %"), (0.001, "< 1 %"), (0.0, "0 %"), (0.5, "50 %")],
)
def test_a_share_is_100_percent_only_where_nothing_is_missing(share: float, text: str) -> None:
    assert report_page._percent(share) == text


def a_report(name: str = "公报") -> Report:
    tally = Tally(4, 3, 1, 0, 0, (4, 2, 4, 4, 0, 1, 0))
    return Report("source", (Line("gov", name, tally, {"2026-11": tally}),), tally, report.Claims())


def test_csv_has_a_line_for_the_whole_and_for_each_month_and_no_formula() -> None:
    rows = list(csv.DictReader(report.to_csv(a_report('=HYPERLINK("x")'))))
    assert [row["month"] for row in rows] == ["", "2026-11", ""]
    assert rows[0]["name"].startswith("'=")
    assert (rows[0]["author"], rows[0]["held_share"], rows[2]["by"]) == ("0.5", "0.25", "total")


def test_json_has_a_share_for_every_field() -> None:
    made = report.to_json(a_report())
    assert set(made["lines"][0]["stated"]) == set(STATED)
    assert made["lines"][0]["months"][0]["month"] == "2026-11"
    assert made["completeness"] == round((1 + 0.5 + 1 + 1 + 0 + 0.25 + 0) / 7, 4)


def test_a_trend_needs_two_months() -> None:
    assert report_page.trend([0.5]) == ""
    assert report_page.trend([0.0, 1.0]) == "2,18 94,2"
