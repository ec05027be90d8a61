"""A trusted source may update what was first seen in another; any other may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.whole.sites import Site, item, rss

CONFIG = """
[[sources]]
id = "first"
path = "first.xml"
licence = "CC0"
[[sources]]
id = "second"
path = "second.xml"
licence = "CC0"
trusted = {trusted}
"""
NEW = "报道的正文改过了，现在讲的是另外两个村子的水渠和道路，一共修了三年。"


@pytest.mark.parametrize("trusted", [True, False])
def test_an_update_by_another_source(tmp_path: Path, trusted: bool) -> None:
    site = Site(tmp_path).config(CONFIG.format(trusted=str(trusted).lower()))
    site.write("first.xml", rss(item(1)))
    site.write("second.xml", rss())
    site.run("run")
    (before,) = site.json("list")
    site.write("second.xml", rss(item(1, NEW, title="改过的标题"), title="可信的转载者"))
    counts = site.json("run", at="2026-11-25T08:00:00+08:00")["entries"]
    entry = site.json("show", before["id"])
    assert (counts["updated"], counts["new"]) == ((1, 0) if trusted else (0, 1))
    assert (entry["title"] == "改过的标题") is trusted
    assert entry["source"] == "first"
    again = site.json("run", at="2026-11-26T08:00:00+08:00")["entries"]
    assert (again["updated"], again["new"]) == (0, 0)
