"""backup, recover and keep_days through the command line: nothing is sent twice, nothing lost."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import pytest
from sites import FeedServer, Site, item, rss

NEXT_DAY = "2026-11-25T09:00:00+08:00"
DAY_AFTER = "2026-11-26T09:00:00+08:00"


@pytest.fixture
def news(site: Site, server: FeedServer) -> Site:
    """A feed of two articles, and a reader of the daily digest."""
    url = server.serve("/rss", rss(item(1), item(2)))
    site.config(
        f'[fetch]\nallow_networks = ["{server.network}"]\n'
        '[mail]\nfrom = "digest@news.example"\n'
        '[[digests]]\nid = "daily"\ntitle = "日报"\nmax_age = "9999d"\n'
        f'[[sources]]\nid = "origin"\nurl = "{url}"\nlicence = "https://l.example/"\nevery = "1h"\n'
    )
    site.run("subscribers", "add", "reader@mail.example", "--consent", "card")
    site.run("run")
    return site


def mails(site: Site) -> int:
    return len(list((site.root / "var" / "mail" / "new").glob("*")))


def texts(site: Site) -> list[str]:
    """The plain parts of all mails."""
    found = []
    for file in (site.root / "var" / "mail" / "new").glob("*"):
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        part = message.get_body(("plain",))
        assert part is not None
        found.append(part.get_content())
    return found


def states(site: Site) -> list[str]:
    (listed,) = site.json("digest", "list")
    return [edition["state"] for edition in listed["editions"]]


def test_nothing_is_sent_twice_after_a_recovery(news: Site, server: FeedServer) -> None:
    file = str(news.root / "copy.db")
    news.run("backup", file)
    server.serve("/rss", rss(item(1), item(2), item(3)))
    news.run("run", at=NEXT_DAY)
    assert mails(news) == 1
    ran = news.json("recover", file, at=NEXT_DAY)
    assert Path(ran["kept"]).is_file()
    assert news.json("run", at=NEXT_DAY)["entries"]["new"] == 1  # what was lost comes back
    assert mails(news) == 1
    assert states(news) == ["held"]
    assert news.json("verify", at=NEXT_DAY)["problems"] == []
    (listed,) = news.json("digest", "list")
    news.run("digest", "reject", listed["editions"][0]["id"], at=NEXT_DAY)
    server.serve("/rss", rss(item(1), item(2), item(3), item(4)))
    news.run("run", at=DAY_AFTER)
    assert mails(news) == 2  # with the fourth alone
    assert [sum(f"origin.example/{n}" in text for text in texts(news)) for n in (3, 4)] == [1, 1]


def test_a_recovery_onto_nothing(news: Site) -> None:
    file = str(news.root / "copy.db")
    news.run("backup", file)
    before = news.published()
    for part in ("", "-wal", "-shm"):
        (news.root / "var" / f"syndicate.db{part}").unlink(missing_ok=True)
    assert news.json("recover", file)["kept"] is None
    news.run("run")
    assert news.published() == before


def test_what_is_older_than_keep_days_goes(news: Site, server: FeedServer) -> None:
    config = (news.root / "config.toml").read_text()
    (news.root / "config.toml").write_text(config + "[storage]\nkeep_days = 1\n")
    news.run("run", at=NEXT_DAY)  # the edition carries both
    server.serve("/rss", rss(item(1), item(2), item(5)))
    later = "2026-11-27T09:00:00+08:00"
    ran = news.json("run", at=later)
    assert (ran["entries"]["new"], ran["entries"]["unchanged"]) == (1, 2)  # remembered
    news.run("run", at=later)
    assert [entry["title"] for entry in news.json("list")] == ["第5篇报道"]
    assert [p for p in news.published() if p.startswith("articles/")] == [
        f"articles/{news.json('list')[0]['id']}.html"
    ]
    assert news.json("verify", at=later)["problems"] == []
