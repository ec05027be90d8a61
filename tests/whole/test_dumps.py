"""Folders of articles: page dumps of many portals, Markdown, saved pages, other charsets."""

from __future__ import annotations

from typing import Any

import pytest
from sites import Site

CONFIG = """
[[columns]]
id = "notes"
title = "工作札记"
[[columns]]
id = "law"
title = "法治"
[[sources]]
id = "f"
type = "folder"
path = "in"
"""
BODY = (
    "  清河县的冬修水利今年开工早，霜降刚过，三个乡镇的渠道就清了淤，补了漏。\n\n"
    "  镇水管站的林师傅说，往年等到腊月，冻土一尺厚，一天挖不了十米；今年提前一个月，进度快了一倍。\n\n"
    "  县里的账也算得清：早一个月完工，春灌能多浇两千亩麦田。"
)

DUMPS: dict[str, tuple[str, dict[str, Any]]] = {
    "one line of labels": (
        f"""清河在线

欢迎访问清河在线!
您的位置：首页 > 新闻 > 工作札记 > 正文

冬修水利开工早

发布日期：2023年11月2日 09:30　来源：清河日报　作者：林小溪　责任编辑：王大海

{BODY}

阅读原文：https://daily.example/2023/winter.html
【声明】本网转载此文仅为传递信息，如涉版权请联系。
清河在线 qinghe.example 版权所有
""",
        {
            "source": "清河日报", "authors": ["林小溪"], "editor": "王大海", "column": "notes",
            "published": "2023-11-02T09:30+08:00", "original": "https://daily.example/2023/winter.html",
            "notice": "【声明】本网转载此文仅为传递信息，如涉版权请联系。",
        },
    ),
    "labels on lines of their own": (
        f"""冬修水利开工早
时间：2023-11-02
稿源：清河日报
作者：林小溪、赵四
编辑：王大海

{BODY}

原文地址：https://daily.example/2023/winter.html
""",
        {
            "source": "清河日报", "authors": ["林小溪", "赵四"], "editor": "王大海",
            "published": "2023-11-02", "original": "https://daily.example/2023/winter.html",
        },
    ),
    "half-width colons and bars": (
        f"""当前位置:首页>>法治>>正文
冬修水利开工早
2023/11/02 09:30 | 文章来源: 清河日报 | 作者: 佚名
{BODY}
原文链接: https://daily.example/2023/winter.html
[免责声明] 以上内容来自网络。
""",
        {
            "source": "清河日报", "authors": ["佚名"], "column": "law",
            "published": "2023-11-02T09:30+08:00", "original": "https://daily.example/2023/winter.html",
            "notice": "[免责声明] 以上内容来自网络。",
        },
    ),
    "information source": (
        f"""清河县人民政府网站

首页 > 政务公开 > 正文

冬修水利开工早

信息来源：清河县水利局　　发布时间：2023年11月02日　　浏览次数：128 次　　字号：大 中 小

{BODY}

打印本页　关闭窗口
主办：清河县人民政府办公室
""",
        {"source": "清河县水利局", "authors": [], "published": "2023-11-02"},
    ),
    "nothing stated": (
        f"冬修水利开工早\n\n{BODY}\n",
        {"source": None, "authors": [], "published": None},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DUMPS)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_page_dump(site: Site, name: str, encoding: str) -> None:
    text, wanted = DUMPS[name]
    site.config(CONFIG.replace("[[sources]]", "[[sources]]\nrequire = []"))
    site.write("in/page.txt", text.encode(encoding))
    site.run("run")
    got = site.entry()
    said = got["attribution"]
    assert got["title"] == "冬修水利开工早"
    assert said["source"]["name"] == wanted["source"]
    assert [a["name"] for a in said["authors"]] == wanted["authors"]
    assert said["published"] == wanted["published"]
    assert said["editor"] == wanted.get("editor")
    assert said["original_url"] == wanted.get("original")
    if "column" in wanted:
        assert got["column"] == wanted["column"]
    if "notice" in wanted:
        assert wanted["notice"] in [n["text"] for n in got["notices"]]
    body = [line.strip() for line in got["content_text"].splitlines() if line.strip()]
    assert body == [line.strip() for line in BODY.splitlines() if line.strip()]
    assert site.json("verify")["problems"] == []


def test_the_seed(site: Site, shared: Any) -> None:
    (seed,) = (shared / "seeds").glob("*.txt")
    site.config(CONFIG)
    site.write("in/seed.txt", seed.read_bytes())
    site.run("run")
    got = site.entry()
    said = got["attribution"]
    assert got["column"] == "notes"
    assert said["source"]["name"] == "贵州党建云"
    assert [a["name"] for a in said["authors"]] == ["佚名"]
    assert said["published"] == "2022-06-24"
    assert said["original_url"].startswith("https://www.gzzzb.gov.cn/cmsFront/")
    assert said["via"][-1]["name"] == "廉政法治网"
    assert "lzfz.org.cn" in said["via"][-1]["url"]
    texts = [n["text"] for n in got["notices"]]
    assert any(t.startswith("[免责声明]") for t in texts)
    assert any("索取稿酬" in t for t in texts)
    assert got["content_text"].startswith("3月1日出版")
    assert "原文链接" not in got["content_text"]
    assert "免责" not in got["content_text"]
    assert site.json("verify")["problems"] == []


def test_front_matter_in_chinese(site: Site) -> None:
    site.config(CONFIG)
    site.write(
        "in/a.md",
        "---\n标题: 冬修水利\n来源: 清河日报\n作者: 林小溪、赵四\n原文链接: https://daily.example/1\n"
        "发布时间: 2023-11-02\n责任编辑: 王大海\n栏目: 工作札记\n奇怪: 什么\n---\n正文一段。\n",
    )
    site.run("run")
    got = site.entry()
    said = got["attribution"]
    assert (got["title"], got["column"]) == ("冬修水利", "notes")
    assert (said["source"]["name"], said["editor"]) == ("清河日报", "王大海")
    assert [a["name"] for a in said["authors"]] == ["林小溪", "赵四"]
    assert (said["published"], said["original_url"]) == ("2023-11-02", "https://daily.example/1")
    assert any("奇怪" in h["reason"] for h in got["history"]), "an unknown key is reported"


def test_front_matter_with_every_key(site: Site) -> None:
    site.config(CONFIG)
    site.write(
        "in/a.md",
        "---\ntitle: 001\nsource: Gazette\nsource_url: https://gazette.example/\n"
        "author: [Anna Berg, 李四]\noriginal_url: https://gazette.example/1\n"
        "original_title: Old\ndate: 2023-11-02\nupdated: 2023-11-03\neditor: Bo\nrights: R\n"
        "licence: https://l.example/by\ncolumn: law\ncategories: [a, b]\n"
        "via: [{name: Relay, url: 'https://relay.example/'}]\nnotices: [请勿转载]\n"
        "summary: Short.\nlanguage: en\n---\nA text.\n",
    )
    site.run("run")
    got = site.entry()
    said = got["attribution"]
    assert (got["title"], got["column"], got["summary"]) == ("001", "law", "Short.")
    assert (said["source"]["name"], said["source"]["url"]) == (
        "Gazette",
        "https://gazette.example/",
    )
    assert [a["name"] for a in said["authors"]] == ["Anna Berg", "李四"]
    assert said["original_title"] == "Old"
    assert (said["published"], said["updated"]) == ("2023-11-02", "2023-11-03")
    assert (said["editor"], said["rights"], said["licence"]) == ("Bo", "R", "https://l.example/by")
    assert said["via"] == [{"name": "Relay", "url": "https://relay.example/"}]
    assert [n["text"] for n in got["notices"]] == ["请勿转载"]
    assert site.json("verify")["problems"] == []


def test_a_saved_page_with_meta_names(site: Site) -> None:
    site.config(CONFIG)
    site.write(
        "in/a.html",
        '<html lang="zh"><head><meta charset="utf-8"><title>冬修水利</title>'
        '<meta name="source" content="清河日报"><meta name="author" content="林小溪">'
        '<meta name="date" content="2023-11-02"><meta name="column" content="law">'
        '<meta name="original_url" content="https://daily.example/1"></head>'
        "<body><article><h1>冬修水利</h1>"
        + "".join(f"<p>{p.strip()}</p>" for p in BODY.split("\n\n"))
        + "</article></body></html>",
    )
    site.run("run")
    got = site.entry()
    said = got["attribution"]
    assert (got["title"], got["column"], said["source"]["name"]) == ("冬修水利", "law", "清河日报")
    assert (said["published"], said["original_url"]) == ("2023-11-02", "https://daily.example/1")
    assert "两千亩" in got["content_text"]


def test_a_changed_file_is_an_update_and_a_deleted_one_stays(site: Site) -> None:
    site.config(CONFIG)
    file = site.write("in/a.md", "---\ntitle: 冬修\nsource: 清河日报\n---\n一段。\n")
    site.run("run")
    first = site.entry()
    file.write_text("---\ntitle: 冬修开工\nsource: 清河日报\n---\n一段，改过。\n")
    assert site.json("run")["entries"]["updated"] == 1
    changed = site.entry()
    assert (changed["id"], changed["title"]) == (first["id"], "冬修开工")
    assert any(h["what"] == "title" and h["before"] == "冬修" for h in changed["history"])
    assert any(r["id"] == first["id"] for r in site.json("review")), "a reprint's title was changed"
    file.unlink()
    site.run("run")
    assert site.entry()["status"] == "published"


def test_a_link_that_leads_out_of_a_folder_is_not_read(site: Site) -> None:
    site.config('[[sources]]\nid = "f"\ntype = "folder"\npath = "in"\n')
    outside = site.write("outside.md", "---\ntitle: 秘密\nsource: 某报\n---\n不该被发布的文字。\n")
    site.write("in/a.md", "---\ntitle: 甲\nsource: 某报\n---\n村里修了一条新的路。\n")
    (site.root / "in/link.md").symlink_to(outside)
    (site.root / "in/own.md").symlink_to(site.root / "in/a.md")
    done = site.json("ingest")
    assert [entry["title"] for entry in site.json("list")] == ["甲"]
    assert [p["error"] for p in done["problems"]] == [
        "link.md: is a link that leads out of the folder"
    ]


def test_a_file_in_a_folder_that_cannot_be_read_is_named(site: Site) -> None:
    site.config(CONFIG)
    site.write("in/a.md", "---\ntitle: 好的\nsource: 清河日报\n---\n一段。\n")
    site.write("in/b.md", "---\ntitle: [\n---\n一段。\n")
    site.write("in/c.txt", b"")
    document = site.json("run")
    assert "好的" in {r["title"] for r in site.json("list")}
    assert any("b.md" in p["error"] or "c.txt" in p["error"] for p in document["problems"])
