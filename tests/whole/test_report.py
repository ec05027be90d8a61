"""`report` through the command line: text, JSON, CSV and a page to print."""

from __future__ import annotations

import csv
import json

import pytest
from sites import Site

RSS = """<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>青石县公报</title>
<link>https://gov.example/</link>
<item><title>一号</title><link>https://gov.example/1</link><description>第一篇</description>
<dc:creator>周望舒</dc:creator><pubDate>Mon, 23 Nov 2026 08:00:00 +0800</pubDate></item>
<item><title>二号</title><link>https://gov.example/2</link><description>第二篇，另一回事</description></item>
</channel></rss>"""


@pytest.fixture
def filled(site: Site) -> Site:
    site.config('[[sources]]\nid = "gov"\npath = "gov.xml"\nrequire = ["author"]\n')
    site.write("gov.xml", RSS)
    site.run("run")
    return site


def test_a_report_in_every_form(filled: Site) -> None:
    made = filled.json("report")
    assert (made["by"], made["entries"], made["held"], made["held_share"]) == ("source", 2, 1, 0.5)
    (line,) = made["lines"]
    assert (line["key"], line["name"]) == ("gov", "青石县公报")
    assert (line["stated"]["source"], line["stated"]["author"]) == (1.0, 0.5)
    assert [month["month"] for month in line["months"]] == ["2026-11"]
    text = filled.run("report", "--by", "month").out
    assert "2026-11" in text
    assert "claims: 0 received" in text
    rows = list(csv.DictReader(filled.run("report", "--csv", "--by", "column").out.splitlines()))
    assert rows[-1]["by"] == "total"
    page = filled.run("report", "--html").out
    assert page.lstrip().startswith("<!DOCTYPE html>")
    assert "青石县公报" in page


def test_out_says_the_form_by_its_suffix(filled: Site) -> None:
    filled.run("report", "--out", str(filled.root / "r.json"))
    assert json.loads((filled.root / "r.json").read_text("utf-8"))["entries"] == 2
    filled.run("report", "--out", str(filled.root / "r.html"))
    assert "署名报告" in (filled.root / "r.html").read_text("utf-8")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("--csv", "--json"), id="two forms"),
        pytest.param(("--out", "r.txt"), id="no form"),
        pytest.param(("--since", "2026-11-24", "--until", "2026-11-01"), id="a span backwards"),
        pytest.param(("--since", "gestern"), id="no time"),
        pytest.param(("--by", "author"), id="no such key"),
    ],
)
def test_what_cannot_be_reported_is_said(filled: Site, words: tuple[str, ...]) -> None:
    assert filled.run("report", *words, status=2).err
