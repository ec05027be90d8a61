"""Embargo and term: in no output before the one, in none after the other, in any crash order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sites import Site, item, rss

from syndicate.adapters.disk import Disk
from syndicate.errors import OutputError

BEFORE, ENDS = "2026-11-24T08:00:00+08:00", "2026-11-25T09:00:00+08:00"
AFTER = "2026-11-25T09:00:01+08:00"
CONFIG = """
[[sources]]
id = "up"
path = "up.xml"
content = "full"
[[digests]]
id = "daily"
title = "每日摘要"
"""
TITLE, TEXT = "秘而不宣的公报", "要到那一天才能说的内容，写在这里。"


@pytest.fixture
def site(tmp_path: Any) -> Site:
    made = Site(tmp_path)
    made.config(CONFIG)
    made.run("subscribers", "add", "reader@news.example", "--consent", "made up", "-q")
    made.run("deliver")  # enrols the digest
    return made


def _offer(site: Site, **elements: str) -> None:
    secret = item(1, TEXT, title=TITLE, **elements)
    site.write("up.xml", rss(secret, item(2)))


def _outputs(site: Site) -> bytes:
    """All that has left: the published tree and the mail, decoded as far as it is encoded."""
    import email
    import email.policy

    found = b"".join(site.published().values())
    for path in sorted((site.root / "var/mail").rglob("*")):
        if path.is_file():
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            found += str(message["Subject"]).encode()
            for part in message.walk():
                if not part.is_multipart():
                    found += part.get_content().encode()
    return found


def _is_out(site: Site) -> bool:
    seen = _outputs(site)
    assert (TITLE.encode() in seen) >= (TEXT[:10].encode() in seen)
    return TITLE.encode() in seen or json.dumps(TITLE).encode() in seen


@pytest.mark.parametrize(
    "elements",
    [
        pytest.param({"dcterms:valid": f"start={ENDS}; scheme=W3C-DTF"}, id="dcterms:valid"),
        pytest.param(
            {
                "description": f"&lt;p&gt;禁发至：2026-11-25 09:00&lt;/p&gt;&lt;p&gt;{TEXT}&lt;/p&gt;"
            },
            id="in the text",
        ),
    ],
)
def test_an_embargo_is_kept_and_ends(site: Site, elements: dict[str, str]) -> None:
    _offer(site, **elements)
    counts = site.json("run")["entries"]
    assert (counts["new"], counts["held"]) == (2, 1)
    (held,) = site.json("review")
    assert held["reason"] == "embargoed until 2026-11-25T09:00+08:00"
    site.run("digest", "send", "daily")
    site.run("publish", at="2026-11-25T08:59:59+08:00")
    assert not _is_out(site)
    assert site.json("verify")["problems"] == []
    site.run("run", at=ENDS)
    assert _is_out(site)
    shown = site.json("show", held["id"])
    assert shown["status"] == "published"
    assert shown["not_before"] == ENDS
    assert site.json("verify", at=ENDS)["problems"] == []
    (feed,) = [i for i in _json(site) if i["title"] == TITLE]
    assert feed["_syndicate"]["not_before"] == ENDS


def _json(site: Site) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads((site.feeds / "feed.json").read_text())["items"]
    return items


def test_an_editor_cannot_lift_it(site: Site) -> None:
    _offer(site, **{"dcterms:available": ENDS})
    site.run("run")
    (held,) = site.json("review")
    assert site.json("approve", held["id"])[0]["status"] == "held"
    site.run("run")
    assert not _is_out(site)
    site.run("reject", held["id"])
    site.run("run", at=AFTER)
    assert not _is_out(site)
    site.run("approve", held["id"], at=AFTER)
    site.run("publish", at=AFTER)
    assert _is_out(site)


def test_what_is_retracted_and_restored_is_still_embargoed(site: Site) -> None:
    _offer(site, **{"dcterms:available": ENDS})
    site.run("run")
    (held,) = site.json("review")
    site.run("retract", held["id"], "--reason", "made up", "--only")
    assert site.json("restore", held["id"])[0]["status"] == "held"
    site.run("run")
    assert not _is_out(site)
    site.run("run", at=AFTER)
    assert _is_out(site)


def test_the_source_moves_it_lifts_it_and_sets_it_late(site: Site) -> None:
    _offer(site)
    site.run("run")
    assert _is_out(site)
    _offer(site, **{"dcterms:available": ENDS})
    site.run("publish")
    site.run("run", at="2026-11-24T09:00:00+08:00")
    assert TITLE.encode() not in b"".join(site.published().values())
    later = "2026-11-26T09:00:00+08:00"
    _offer(site, **{"dcterms:available": later})
    site.run("run", at=AFTER)
    (held,) = site.json("review")
    assert held["reason"] == "embargoed until 2026-11-26T09:00+08:00"
    _offer(site)
    site.run("run", at="2026-11-25T10:00:00+08:00")
    assert TITLE.encode() in b"".join(site.published().values())
    what = [made["what"] for made in site.json("why", held["id"])["decisions"]]
    assert what.count("not_before") == 3


def test_an_embargo_that_cannot_be_read_waits_for_an_editor(site: Site) -> None:
    _offer(site, description=f"embargo: when the minister has spoken &lt;p&gt;{TEXT}&lt;/p&gt;")
    site.run("run")
    (held,) = site.json("review")
    assert held["reason"] == "its embargo could not be read: 'when the minister has spoken'"
    site.run("approve", held["id"])
    site.run("run")
    assert _is_out(site)


def test_a_kill_at_every_file_of_the_run_that_ends_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was written before the end, nothing of it; afterwards the next run goes on."""
    _offer(site, **{"dcterms:available": ENDS})
    real = Disk.write
    writes = 0

    def dying(self: Disk, path: str, data: bytes) -> bool:
        nonlocal writes
        if writes <= 0:
            raise OutputError("the disk is full", where=path)
        writes -= 1
        return real(self, path, data)

    monkeypatch.setattr(Disk, "write", dying)
    for left in (0, 1, 3, 7):
        writes = left
        site.run("run", status=1)
        assert not _is_out(site)
    writes = 1000
    site.run("run")
    assert not _is_out(site)
    for left in (0, 1, 2, 5):
        writes = left
        site.run("run", at=AFTER, status=1)
    writes = 1000
    site.run("run", at=AFTER)
    assert _is_out(site)
    assert site.json("verify", at=AFTER)["problems"] == []


def test_a_rebuild_before_its_end_shows_nothing(site: Site) -> None:
    _offer(site, **{"dcterms:available": ENDS})
    site.run("run")
    site.config(CONFIG + '[publish]\nlink = "page"\n')
    site.run("publish")
    assert not _is_out(site)


def test_a_term_ends(site: Site) -> None:
    _offer(site, **{"dcterms:valid": f"end={ENDS}; scheme=W3C-DTF"})
    site.run("run")
    assert _is_out(site)
    (id,) = [row["id"] for row in site.json("list") if row["title"] == TITLE]
    page = site.feeds / f"articles/{id}.html"
    assert "2026-11-25 09:00" in page.read_text()
    report = site.json("run", at=AFTER)
    assert report["feeds"]["written"] > 0
    assert site.json("show", id)["status"] == "expired"
    tree = site.published()
    assert not [name for name, data in tree.items() if TITLE.encode() in data]
    assert "本文已过有效期" in page.read_text()
    assert f"articles/{id}.html" in tree["gone.txt"].decode()
    assert b"deleted-entry" in tree["atom.xml"]
    assert b"expired" in tree["atom.xml"]
    assert site.json("verify", at=AFTER)["problems"] == []
    assert site.json("run", at=AFTER)["feeds"]["written"] == 0
    assert "its term is over" not in site.run("approve", id, at=AFTER, status=2).out
    longer = "2026-12-01T00:00:00+08:00"
    _offer(site, **{"dcterms:valid": f"end={longer}; scheme=W3C-DTF"})
    site.run("run", at="2026-11-25T10:00:00+08:00")
    assert TITLE in page.read_text()
    assert id not in (site.feeds / "gone.txt").read_text()
    assert site.json("verify", at=AFTER)["problems"] == []


def test_what_is_over_is_in_no_edition_and_in_no_mail_that_has_not_left(site: Site) -> None:
    _offer(site, **{"dcterms:valid": f"end={ENDS}; scheme=W3C-DTF"})
    site.run("run")
    site.run("digest", "send", "daily", at="2026-11-26T07:00:00+08:00")
    assert TITLE not in _mails(site)
    assert "第2篇" in _mails(site)


def test_an_article_that_came_too_late_is_never_out(site: Site) -> None:
    site.config(CONFIG.replace('path = "up.xml"', 'path = "in"\ntype = "folder"\nname = "甲"'))
    (site.root / "in").mkdir()
    site.write("in/a.md", f"---\ntitle: {TITLE}\nexpires: 2026-11-23\n---\n{TEXT}\n")
    site.write("in/b.md", "---\ntitle: 另一篇\nexpires: 2026-11-24\n---\n今天还有效。\n")
    site.run("run")
    statuses = {row["title"]: row["status"] for row in site.json("list")}
    assert statuses == {TITLE: "expired", "另一篇": "published"}
    assert not _is_out(site)
    assert TITLE not in (site.feeds / "gone.txt").read_text()
    assert site.json("verify")["problems"] == []


def _mails(site: Site) -> str:
    return _outputs(Site(site.root)).decode("utf-8", "replace").split("</html>")[-1] + "".join(
        path.read_text() for path in Path(site.root / "feeds/editions").rglob("*.html")
    )


def test_another_copy_of_the_story_does_not_tell_of_it(site: Site) -> None:
    body = "两家都登的长文，写的是河边一座老桥的修缮经过，前后用了三个月。" * 6
    site.config(CONFIG + '[[sources]]\nid = "other"\npath = "other.xml"\ncontent = "full"\n')
    embargo = {"dcterms:available": ENDS}
    site.write("up.xml", rss(item(1, body, title="老桥修缮完工", **embargo), title="保密日报"))
    free = item(
        1, body, title="老桥修缮完工", link="https://b.example/1", guid="https://b.example/1"
    )
    site.write("other.xml", rss(free, title="乙报", link="https://b.example/"))
    site.run("run")
    assert len({row["story"] for row in site.json("list")}) == 1
    assert "保密日报" not in b"".join(site.published().values()).decode("utf-8", "replace").replace(
        (site.feeds / "sources.html").read_text(), ""
    )
    site.run("run", at=AFTER)
    assert "保密日报" in "".join(p.read_text() for p in (site.feeds / "articles").glob("*.html"))
