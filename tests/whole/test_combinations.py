"""What one change does to another: corrections, editions and the config, one after the other."""

from __future__ import annotations

import mailbox
from email.message import Message
from pathlib import Path

import pytest
from sites import SITE, Site, item, rss

CONFIG = """
[[columns]]
id = "law"
title = "法治"
[[columns]]
id = "notes"
title = "札记"
[[sources]]
id = "a"
path = "a.xml"
column = "law"
licence = "CC-BY-4.0"
[[sources]]
id = "b"
path = "b.xml"
column = "notes"
[[digests]]
id = "daily"
title = "每日"
schedule = "0 8 * * *"
max_age = "1000d"
"""
EVENING, MORNING = "2026-11-24T20:00:00+08:00", "2026-11-25T08:00:00+08:00"


@pytest.fixture
def news(site: Site) -> Site:
    """Two sources in two columns, one reader, nothing mailed yet."""
    return _filled(site, "")


@pytest.fixture
def news_anywhere(site: Site, database_url: str) -> Site:
    """The same on either kind of database."""
    return _filled(site, f'[storage]\ndatabase = "{database_url}"\n')


def _filled(site: Site, storage: str) -> Site:
    site.config(storage + CONFIG)
    site.at = "2026-11-24T08:30:00+08:00"
    site.write("a.xml", rss(item(1), item(2)))
    other = item(7, "另一家报社写的另一件事。", title="桥", link="https://b.example/7", guid="b7")
    site.write("b.xml", rss(other, title="乙报", link="https://b.example/"))
    site.run("subscribers", "add", "reader@r.example")
    site.run("run")
    return site


def _ids(site: Site) -> dict[str, str]:
    return {row["title"]: row["id"] for row in site.json("list")}


def _texts(site: Site) -> list[str]:
    mails: list[Message] = sorted(
        mailbox.Maildir(str(site.root / "var/mail")), key=lambda mail: mail["Message-ID"]
    )
    parts = [p for m in mails for p in m.walk() if p.get_content_type() == "text/plain"]
    return [p.get_payload(decode=True).decode() for p in parts]  # type: ignore[union-attr]


def test_what_was_split_off_after_an_edition_is_in_the_next(news_anywhere: Site) -> None:
    news = news_anywhere
    ids = _ids(news)
    news.run("merge", ids["第1篇报道"], ids["桥"])
    news.run("run", at=MORNING)
    lead, other = ("桥", "第1篇报道") if "札记" in _texts(news)[0] else ("第1篇报道", "桥")
    assert lead in _texts(news)[0]
    news.run("split", ids["第1篇报道"], at=MORNING)
    done = news.json("run", at="2026-11-26T08:00:00+08:00")
    assert done["digests"]["sent"] == 1
    assert other in _texts(news)[1]
    assert f" {lead}\n" not in _texts(news)[1]


@pytest.mark.parametrize("how", ["reject", "retract"])
def test_what_is_refused_is_gone_from_editions_too(news: Site, how: str) -> None:
    news.run("run", at=MORNING)
    reason = ["--reason", "作者要求"] if how == "retract" else []
    news.run(how, _ids(news)["第1篇报道"], *reason, at=MORNING)
    news.run("publish", at=MORNING)
    for name, data in news.published().items():
        assert "第1篇报道".encode() not in data, name
    assert news.json("verify", at=MORNING)["problems"] == []


def _paths(site: Site, title: str) -> set[str]:
    return {
        name.partition("/")[0]
        for name, data in site.published().items()
        if title.encode() in data and name.endswith(("/index.html", "/feed.json"))
    }


def test_entries_of_a_column_that_is_gone_are_filed_anew(
    news_anywhere: Site, database_url: str
) -> None:
    news, storage = news_anywhere, f'[storage]\ndatabase = "{database_url}"\n'
    news.run("move", _ids(news)["第2篇报道"], "notes")
    without = CONFIG.replace('[[columns]]\nid = "notes"\ntitle = "札记"\n', "")
    news.config(storage + without.replace('column = "notes"', ""))
    news.run("run", at=EVENING)
    rows = {row["title"]: row for row in news.json("list")}
    assert {title: (row["column"], row["columns"]) for title, row in rows.items()} == {
        "第1篇报道": ("law", ["law"]),
        "第2篇报道": ("law", ["law"]),  # its source's
        "桥": ("rest", ["rest"]),
    }
    assert _paths(news, "桥") == {"rest"}
    assert _paths(news, "第2篇报道") == {"law"}
    assert "no column 'notes' any more" in news.run("why", rows["桥"]["id"]).out
    assert news.json("verify", at=EVENING)["problems"] == []
    done = news.json("run", at=EVENING)
    assert (done["feeds"]["written"], done["pages"]["written"]) == (0, 0)
    news.config(storage + CONFIG)
    news.run("run", at=EVENING)
    back = {row["title"]: row["column"] for row in news.json("list")}
    assert back == {"第1篇报道": "law", "第2篇报道": "notes", "桥": "rest"}  # one was moved there
    assert news.json("verify", at=EVENING)["problems"] == []


def test_a_column_that_gets_a_parent_is_shown_in_it(news: Site) -> None:
    above = '[[columns]]\nid = "top"\ntitle = "总栏"\n'
    news.config(CONFIG.replace('title = "法治"', 'title = "法治"\nparent = "top"') + above)
    news.run("run", at=EVENING)
    assert _paths(news, "第1篇报道") == {"law", "top"}
    assert _paths(news, "桥") == {"notes"}
    assert news.json("verify", at=EVENING)["problems"] == []
    news.config(CONFIG + above)
    news.run("run", at=EVENING)
    assert _paths(news, "第1篇报道") == {"law"}
    assert news.json("verify", at=EVENING)["problems"] == []


CRON, REGEX = 'schedule = "61 8 * * *"', 'regex = "("'


@pytest.mark.parametrize(
    ("broken", "key"),
    [
        pytest.param(f'[[digests]]\nid = "d"\n{CRON}', "digests[0].schedule", id="cron"),
        pytest.param(
            f'[[columns]]\nid = "law"\n[[columns.rules]]\nall = ["x"]\n{REGEX}',
            "columns[0].rules[0].regex",
            id="regex",
        ),
    ],
)
@pytest.mark.parametrize(
    "words",
    [("run",), ("deliver",), ("publish",), ("list",), ("digest", "list"), ("sources",), ("serve",)],
    ids=" ".join,
)
def test_a_broken_expression_is_an_invalid_config(
    site: Site, broken: str, key: str, words: tuple[str, ...]
) -> None:
    site.config(f"{broken}\n[[sources]]\nid = 'a'\npath = 'a.xml'\n")
    site.write("a.xml", rss(item(1)))
    line = 7 if key.startswith("digests") else 9
    ran = site.run(*words, status=2)
    assert f"config.toml:{line}: {key}: " in ran.err
    assert not site.feeds.exists()
    assert not (site.root / "var").exists()
    assert f"config.toml:{line}: {key}: " in site.run("check", status=1).out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            '[[sources]]\nid = "a"\ntype = "page"\nurl = "https://x.example/"\n'
            'select = {items = "a["}',
            "sources[0].select.items: 'a[' is not a CSS selector",
            id="selector",
        ),
        pytest.param(
            '[mail]\nroute = "smtp://me@mail.example:587?tls=none"\npassword = "p"',
            "mail.route: a password never goes without TLS",
            id="password without TLS",
        ),
    ],
)
def test_check_says_what_cannot_work(site: Site, text: str, says: str) -> None:
    site.config(text)
    assert says in site.run("check", status=1).out


def test_check_warns_of_a_path_that_is_not_there(site: Site) -> None:
    site.config('[[sources]]\nid = "a"\ntype = "folder"\npath = "articels"')
    assert "sources[0].path: there is no " in site.run("check").out


def test_the_screen_has_no_python_in_it(site: Site) -> None:
    said = site.run("status").out
    assert "None" not in said
    assert "last         never" in said


def test_the_day_of_a_consent_survives_moving_house(site: Site) -> None:
    site.config('[[digests]]\nid = "daily"\n')
    site.write("in.csv", "email,consent,consented_at\na@r.example,表格,2024-05-01\n")
    site.run("subscribers", "import", str(site.root / "in.csv"))
    out = site.run("subscribers", "export").out
    assert "2024-05-01" in out
    site.write("out.csv", out)
    (site.root / "var/syndicate.db").unlink()
    site.run("subscribers", "import", str(site.root / "out.csv"))
    assert site.run("subscribers", "export").out == out
    assert site.json("subscribers", "list")[0]["joined"].startswith("2024-05-01")


@pytest.mark.parametrize("gone", ["law/rss.xml", "notes/index.html", "sitemap.xml", "style.css"])
def test_a_list_that_is_gone_comes_back_by_itself(news: Site, gone: str) -> None:
    before = news.published()
    (news.feeds / gone).unlink()
    news.run("publish", at=EVENING)
    assert news.published() == before


def test_a_rebuild_mends_what_was_changed_by_hand(news: Site) -> None:
    news.run("run", at=MORNING)
    before = news.published()
    for name, data in before.items():
        if name.startswith(("articles/", "law/", "editions/daily/")):
            (news.feeds / name).write_bytes(data.replace("报道".encode(), "報道".encode()))
    for row in news.json("list", "--source", "b"):
        (news.feeds / f"articles/{row['id']}.html").unlink()
    assert news.json("verify", at=MORNING, status=1)["problems"]
    assert "publish --rebuild" in news.run("verify", at=MORNING, status=1).out
    news.run("publish", "--rebuild", at=MORNING)
    assert news.published() == before
    assert news.json("verify", at=MORNING)["problems"] == []
    done = news.json("run", at=MORNING)
    assert (done["feeds"]["written"], done["pages"]["written"]) == (0, 0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(CONFIG[CONFIG.index("[[digests]]") :], "", id="no more in the config"),
        pytest.param('schedule = "0 8 * * *"', 'schedule = "0 8,18 * * *"', id="twice a day"),
        pytest.param('id = "daily"', 'id = "daily"\npublic = false', id="no more public"),
    ],
)
def test_what_is_taken_down_goes_from_old_editions_whatever_became_of_them(
    news: Site, old: str, new: str
) -> None:
    news.run("run", at=MORNING)
    pages = {name for name in news.published() if name.startswith("editions/")}
    assert "editions/daily/2026-11-25.html" in pages
    news.config(CONFIG.replace(old, new))
    news.run("run", at=MORNING)
    assert "每日" in (news.feeds / "editions/daily/index.html").read_text()
    news.run("retract", _ids(news)["第1篇报道"], "--reason", "作者要求", at=MORNING)
    for name, data in news.published().items():
        assert "第1篇报道".encode() not in data, name
    assert {name for name in news.published() if name.startswith("editions/")} == pages
    assert news.json("verify", at=MORNING)["problems"] == []


def test_a_nickname_of_a_schedule_is_once_a_day(news: Site) -> None:
    news.config(CONFIG.replace("0 8 * * *", "@daily"))
    news.run("run", at="2026-11-26T00:00:00+08:00")
    assert (news.feeds / "editions/daily/2026-11-26.html").exists()


def test_what_was_sent_by_hand_is_not_next(news: Site) -> None:
    news.config(CONFIG.replace("0 8 * * *", "0 8,18 * * *"))
    early = "2026-11-25T07:00:00+08:00"
    assert news.json("digest", "list", at=early)[0]["next"] == MORNING
    news.run("digest", "send", "daily", at=early)
    assert news.json("digest", "list", at=early)[0]["next"] == "2026-11-25T18:00:00+08:00"


REQUIRING = """
[[sources]]
id = "a"
path = "a.xml"
require = ["source", "author"]
"""


def test_an_update_without_what_is_required_is_held(site: Site) -> None:
    site.config(REQUIRING)
    by = {"dc:creator": "张三"}
    site.write("a.xml", rss(item(1, **by), item(2)))
    site.run("run")
    ids = _ids(site)
    site.run("approve", ids["第2篇报道"])  # an editor's word, which holds
    changed = (item(1, "改过的正文。"), item(2, "另一段改过的正文。"))
    site.write("a.xml", rss(*changed))
    done = site.json("run", at=EVENING)
    assert (done["entries"]["updated"], done["entries"]["held"]) == (2, 1)
    rows = {row["title"]: row["status"] for row in site.json("list")}
    assert rows == {"第1篇报道": "held", "第2篇报道": "published"}
    assert "without author" in site.json("review")[0]["reason"]
    assert all("第1篇报道".encode() not in data for data in site.published().values())
    assert site.json("verify", at=EVENING)["problems"] == []
    site.write("a.xml", rss(item(1, "改过的正文。", **by), changed[1]))
    site.run("run", at=MORNING)
    assert {row["status"] for row in site.json("list")} == {"published"}


def test_an_update_that_states_no_origin_any_more_is_held_where_that_is_required(
    site: Site,
) -> None:
    site.config(REQUIRING.replace('"source", "author"', '"origin"'))
    site.write("a.xml", rss(item(1, **{"dc:source": "人民日报"}), item(2)))
    site.run("run")
    site.run("approve", _ids(site)["第2篇报道"])
    site.write("a.xml", rss(item(1, "改过的正文。"), item(2, "另一段改过的正文。")))
    site.run("run", at=EVENING)
    rows = {row["title"]: row["status"] for row in site.json("list")}
    assert rows == {"第1篇报道": "held", "第2篇报道": "published"}


@pytest.mark.parametrize(
    "words",
    [
        ("list", "--since", "0001"),
        ("list", "--at", "0001-01-01"),
        ("run", "--at", "9999-12-31T23:59:59-14:00"),
        ("digest", "send", "daily", "--at", "9999-12-31"),
        ("list", "--limit", "99999999999999999999"),
        ("show", "\udcff\udcfe"),
        ("move", "\udcff", "law"),
        ("merge", "\udcff", "\udcfe"),
    ],
    ids=ascii,
)
def test_odd_arguments_are_wrong_usage(news: Site, words: tuple[str, ...]) -> None:
    ran = news.call(*words)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err


@pytest.mark.parametrize("form", ["rss.xml", "atom.xml", "feed.json"])
def test_another_syndicate_reads_no_author_that_nobody_named(
    site: Site, tmp_path: Path, form: str
) -> None:
    (tmp_path / "first").mkdir()
    first = Site(tmp_path / "first").config(CONFIG, site=SITE.replace("清河观察", "甲站"))
    first.write(
        "a.xml", rss(item(1, **{"dc:source": "人民日报"}), item(2, **{"dc:creator": "张三"}))
    )
    first.run("run")
    site.config(f'[[sources]]\nid = "a"\npath = "{first.feeds / form}"\nlicence = "CC-BY-4.0"\n')
    site.run("run")
    said = {row["title"]: row["attribution"] for row in site.json("list")}
    assert [a["name"] for a in said["第2篇报道"]["authors"]] == ["张三"]
    nobody = said["第1篇报道"]
    assert "甲站" not in [a["name"] for a in nobody["authors"]]
    assert nobody["source"] == {"name": "人民日报", "url": None, "feed": None}
    assert [via["name"] for via in nobody["via"]] == ["源头日报", "甲站"]


def test_what_was_refused_does_not_come_back_with_its_story(news: Site) -> None:
    ids = _ids(news)
    news.run("merge", ids["第1篇报道"], ids["桥"])
    news.run("reject", ids["桥"])
    for _ in range(2):
        news.run("retract", ids["第1篇报道"], "--reason", "作者要求")
    news.run("restore", ids["第1篇报道"])
    rows = {row["title"]: (row["status"], row["lead"]) for row in news.json("list")}
    assert rows["第1篇报道"] == ("published", True)
    assert rows["桥"] == ("rejected", False)
    assert news.json("show", ids["桥"])["held_for"] == "an editor rejected it"
    assert news.json("verify")["problems"] == []


def test_editions_keep_their_pages_over_a_recovery(news: Site) -> None:
    news.run("run", at=MORNING)
    pages = {name for name in news.published() if name.startswith("editions/")}
    news.run("backup", str(news.root / "copy"), at=MORNING)
    news.run("retract", _ids(news)["第1篇报道"], "--reason", "作者要求", at=MORNING)
    news.run("recover", str(news.root / "copy"), at=MORNING)
    news.run("publish", at=MORNING)
    assert {name for name in news.published() if name.startswith("editions/")} == pages
    assert news.json("verify", at=MORNING)["problems"] == []
