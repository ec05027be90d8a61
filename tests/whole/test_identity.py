"""Who is who over several runs: what changed, what was renamed, what shares a link."""

from __future__ import annotations

import pytest
from sites import FeedServer, Site, item, rss

HOME = "https://origin.example/live"


@pytest.fixture
def fed(site: Site, server: FeedServer) -> Site:
    """A site with one feed, which has to be served at /f."""
    return site.config(
        f'[fetch]\nallow_networks = ["{server.network}"]\n'
        f'[[sources]]\nid = "f"\nurl = "{server.url("/f")}"\n'
    )


def test_items_that_all_lead_to_one_page_replace_no_other(fed: Site, server: FeedServer) -> None:
    for first in (1, 3, 5):
        server.serve("/f", rss(*[item(n, guid="", link=HOME) for n in range(first, first + 5)]))
        fed.run("ingest", "f")
    titles = {entry["title"] for entry in fed.json("list")}
    assert titles == {f"第{n}篇报道" for n in range(1, 10)}


def test_an_item_without_id_is_known_by_its_own_link(fed: Site, server: FeedServer) -> None:
    server.serve("/f", rss(item(1, guid=""), item(2, guid="")))
    fed.run("ingest", "f")
    server.serve("/f", rss(item(1, "新的正文。", guid="", title="新的题目"), item(2, guid="")))
    assert fed.json("ingest", "f")["entries"]["updated"] == 1
    assert {entry["title"] for entry in fed.json("list")} == {"新的题目", "第2篇报道"}
