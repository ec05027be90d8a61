"""稿源白名单: what goes out, is held, or is shown as a link by where it is from; and who answers."""

from __future__ import annotations

from typing import Any

import pytest
from sites import Site, item, rss

LIST = """name,aliases,domains,level,from,until,note
云溪通讯社,云溪社,yunxi.example,中央,,,
旧闻周刊,,old.example,,,2026-06-30,
"""
CONFIG = """
[origins]
list = "origins.csv"
[[columns]]
id = "news"
title = "要闻"
origins = "{origins}"
{more}
[[columns]]
id = "rest"
title = "其他"
rest = true
[[sources]]
id = "up"
path = "up.xml"
content = "full"
column = "{column}"
[[sources]]
id = "own"
type = "folder"
path = "own"
own = true
column = "news"
"""
LONG = "这一篇的正文有几十个字，写的是某地的一件小事，{n}。"


@pytest.fixture
def site(tmp_path: Any) -> Site:
    made = Site(tmp_path)
    made.write("origins.csv", LIST)
    made.write("own/a.md", "---\ntitle: 本站的文章\n---\n自己写的。\n")
    offered = [
        _item(1, "云溪社", "https://www.yunxi.example/1"),
        _item(2, "雲溪通訊社", "https://copy.example/2"),
        _item(3, "云溪晚报", "https://evening.example/3"),
        _item(4, "旧闻周刊", "https://old.example/4"),
        _item(5, "", "https://hop.example/5"),
    ]
    made.write("up.xml", rss(*offered, title="转手网", link="https://hop.example/"))
    return made


def _item(number: int, source: str, link: str) -> str:
    text = LONG.format(n="一二三四五"[number - 1] * 9)
    said = item(number, text, title=f"第{number}篇", link=link, guid=link)
    extra = f'<enclosure url="{link}.jpg" type="image/jpeg" length="1"/>'
    return said + extra + (f"<dc:source>{source}</dc:source>" if source else "")


def _config(site: Site, origins: str, more: str = "", column: str = "news") -> None:
    site.config(CONFIG.format(origins=origins, more=more, column=column))


def _status(site: Site) -> dict[str, str]:
    return {row["title"]: row["status"] for row in site.json("list")}


def test_what_is_not_on_the_list_is_held_with_the_reason(site: Site) -> None:
    _config(site, "hold")
    site.run("run")
    assert _status(site) == {
        "本站的文章": "published",
        "第1篇": "published",
        **{f"第{n}篇": "held" for n in (2, 3, 4, 5)},
    }
    reasons = {row["title"]: row["reason"] for row in site.json("review")}
    assert reasons == {
        "第2篇": "origin: 云溪通讯社 is only stated: its link leads to copy.example, not to "
        "yunxi.example (news: hold)",
        "第3篇": "origin: 云溪晚报 is not on the list (news: hold)",
        "第4篇": "origin: 旧闻周刊 is on the list until 2026-06-30, not on 2026-11-24 (news: hold)",
        "第5篇": "origin: 转手网 is not on the list (news: hold)",
    }
    (first,) = [row["id"] for row in site.json("list") if row["title"] == "第1篇"]
    said = [d["reason"] for d in site.json("why", first)["decisions"] if d["what"] == "origin"]
    assert said == ["云溪通讯社 (中央) is on the list, at yunxi.example"]
    assert site.json("verify")["problems"] == []


def test_each_state_has_its_own_action(site: Site) -> None:
    _config(site, "hold", 'origins_expired = "link"\norigins_asserted = "publish"')
    site.run("run")
    assert _status(site) == {
        "本站的文章": "published",
        **{f"第{n}篇": "published" for n in (1, 2, 4)},
        **{f"第{n}篇": "held" for n in (3, 5)},
    }
    (link,) = [row for row in site.json("list") if row["title"] == "第4篇"]
    entry = site.json("show", link["id"])
    assert entry["link_only"] is True
    tree = site.published()
    for name, data in tree.items():
        assert "四四四四" not in data.decode(), name
        assert "https://old.example/4.jpg" not in data.decode(), name
    assert "第4篇" in tree["rss.xml"].decode()
    assert "https://copy.example/2.jpg" in tree["rss.xml"].decode()
    assert site.json("verify")["problems"] == []


def test_another_column_asks_nothing(site: Site) -> None:
    _config(site, "hold", column="rest")
    site.run("run")
    assert set(_status(site).values()) == {"published"}


def test_the_strictest_of_a_column_and_its_parents_decides(site: Site) -> None:
    more = '[[columns]]\nid = "local"\ntitle = "地方"\nparent = "news"'
    _config(site, "hold", more, column="local")
    site.run("run")
    assert _status(site)["第5篇"] == "held"


def test_a_near_miss_is_told_and_not_taken(site: Site) -> None:
    site.write("up.xml", rss(_item(1, "云溪新闻社", "https://www.yunxi.example/1")))
    _config(site, "link")
    site.run("run")
    (row,) = site.json("review")
    assert (row["kind"], row["status"]) == ("near miss", "published")
    assert "did you mean 云溪通讯社?" in row["reason"]
    site.run("approve", row["id"])
    assert site.json("show", row["id"])["link_only"] is False
    assert site.json("review") == []


def test_a_changed_list_is_reported_and_applied_on_an_editors_word(site: Site) -> None:
    _config(site, "hold")
    site.run("run")
    (third,) = [row["id"] for row in site.json("list") if row["title"] == "第3篇"]
    site.run("approve", third)
    assert site.json("run")["problems"] == []
    site.write(
        "origins.csv", LIST.replace("yunxi.example", "else.example") + "转手网,,hop.example\n"
    )
    (problem,) = site.json("run")["problems"]
    assert "1 published entries would now be held" in problem["error"]
    assert "1 held ones might go out" in problem["error"]
    assert site.json("run")["problems"] == []  # said once
    assert site.json("status")["origins"] == {"listed": 3, "stricter": 1, "freer": 1}
    (flag,) = [row for row in site.json("review") if row["status"] == "published"]
    assert flag["kind"] == "origin"
    assert "would now be held" in flag["reason"]
    assert _status(site)["第1篇"] == "published"
    report = site.json("origins")
    rows = {r["title"]: (r["treated"], r["action"], r["approved"]) for r in report["affected"]}
    assert rows == {
        "第1篇": ("publish", "hold", False),
        "第3篇": ("publish", "hold", True),
        "第5篇": ("hold", "publish", False),
    }
    assert (report["origins"], report["examined"]) == (3, 6)
    applied = site.json("origins", "--apply")
    assert {r["title"] for r in applied["affected"] if r["applied"]} == {"第1篇", "第5篇"}
    site.run("run")
    now = _status(site)
    assert (now["第1篇"], now["第3篇"], now["第5篇"]) == ("held", "published", "published")
    assert [row for row in site.json("review") if row["status"] == "published"] == []
    assert site.json("verify")["problems"] == []
    assert "approved" in site.run("origins").out


def test_a_source_that_says_another_origin_is_judged_anew(site: Site) -> None:
    _config(site, "hold")
    site.run("run")
    site.write("up.xml", rss(_item(1, "某某网", "https://www.yunxi.example/1")))
    site.run("run", at="2026-11-24T09:00:00+08:00")
    assert _status(site)["第1篇"] == "held"
    site.write("up.xml", rss(_item(1, "云溪通讯社", "https://www.yunxi.example/1")))
    site.run("run", at="2026-11-24T10:00:00+08:00")
    assert _status(site)["第1篇"] == "published"


def test_a_broken_list_stops_what_needs_it_and_changes_nothing(site: Site) -> None:
    _config(site, "hold")
    site.write("origins.csv", "name,until\n云溪通讯社,soon\n")
    ran = site.run("run", status=2)
    assert f"{site.root / 'origins.csv'}:2: until: 'soon' is not a day" in ran.err
    checked = site.json("check", status=1)
    assert [
        (p["line"], "not a day" in p["message"]) for p in checked["problems"] if not p["warning"]
    ] == [(2, True)]
    assert site.json("list") == []
    (site.root / "origins.csv").unlink()
    assert "cannot be read" in site.run("check", status=1).out
    site.config("[[columns]]\nid = 'news'\norigins = 'hold'\n")
    assert "needs a list" in site.run("check", status=1).out


def test_a_list_from_a_spreadsheet_in_gbk(site: Site) -> None:
    _config(site, "hold")
    site.write("origins.csv", LIST.encode("gbk"))
    site.run("run")
    assert _status(site)["第1篇"] == "published"


def test_a_column_may_ask_for_an_editor_of_record(site: Site) -> None:
    _config(site, "publish", "require_editor = true")
    site.write("own/b.md", "---\ntitle: 有编辑的文章\neditor: 林素\n---\n另外写的。\n")
    assert "columns[0].require_editor: no editor is named" in site.run("check").out
    site.run("run")
    shown = _status(site)
    assert shown.pop("有编辑的文章") == "published"
    assert set(shown.values()) == {"held"}
    (first,) = [row for row in site.json("review") if row["title"] == "第1篇"]
    assert first["reason"] == "editor of record: column 'news' requires one and names none"
    _config(site, "publish", 'require_editor = true\neditor = "顾清和"')
    site.run("run")
    assert set(_status(site).values()) == {"published"}
    page = (site.feeds / f"articles/{first['id']}.html").read_text()
    assert "本站责任编辑" in page
    assert "顾清和" in page
    (own,) = [row["id"] for row in site.json("list") if row["title"] == "有编辑的文章"]
    assert "顾清和" not in (site.feeds / f"articles/{own}.html").read_text()
    assert site.json("verify")["problems"] == []
