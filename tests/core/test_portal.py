"""Portal pages as HTML: made-up ones of several systems, and real ones read by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicate.core.article import read_file, read_page
from syndicate.model import Hop, ParsedEntry

TEXT = "<p>为进一步提升基层治理水平，某市近日召开专题会议，研究部署下一阶段的重点工作任务，各单位负责同志参加，并就落实情况作了交流发言。</p>"
MORE = '<p>会议指出，要坚持问题导向，把群众的事情办好办实，确保各项措施落到实处、见到成效，不断增强群众的获得感。<a href="/p/2.html">全文</a><img src="/i/1.jpg" alt="会场"></p><table><tr><td>项目</td><td>数量</td></tr><tr><td>甲</td><td>1</td></tr></table>'
GOVERNMENT = f"""<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>某市召开专题会议_工作动态_青禾市人民政府</title>
<meta name="SiteName" content="青禾市人民政府"><meta name="SiteDomain" content="www.qinghe.example"><meta name="ColumnName" content="工作动态">
<meta name="ArticleTitle" content="某市召开专题会议"><meta name="PubDate" content="2022-06-24 09:30"><meta name="ContentSource" content="青禾日报"><meta name="Author" content="李明"><meta name="Keywords" content="会议"></head>
<body><div class="nav"><a href="/">首页</a><a href="/x">新闻</a></div><div class="crumbs">当前位置：<a>首页</a> &gt; <a>新闻中心</a> &gt; <a>工作动态</a></div>
<div class="main"><h1>某市召开专题会议</h1><div id="zoom">{TEXT}{MORE}</div><div>扫一扫在手机打开当前页</div></div>
<div class="foot">主办：青禾市人民政府办公室 网站标识码：0000 青ICP备1号</div></body></html>"""
DEDECMS = f"""<html><head><meta charset="gb2312"><title>一座山村的变化 - 青山网</title></head><body>
<div class="place">当前位置: <a>主页</a> > <a>乡村</a> > </div><div class="title"><h2>一座山村的变化</h2></div>
<div class="info"><small>时间:</small>2022-06-24 09:30<small>来源:</small>未知 <small>作者:</small>admin <small>点击:</small><script></script>次</div>
<div class="content">{TEXT}{MORE}<p>（责任编辑：赵四）</p><p>免责声明：本文转载自网络，不代表本站观点，版权归原作者所有。</p></div>
<div class="comments"><div class="date">2023-01-01 10:00</div><div>作者：网友</div></div>
<div class="footer">Copyright © 2002-2022 青山网 版权所有 Power by DedeCms</div></body></html>"""
NEWS = """<html><head><title>Council approves library plan | Valley Herald</title><meta property="og:site_name" content="Valley Herald"><link rel="canonical" href="https://herald.example/a/1">
<script type="application/ld+json">{"@type":"NewsArticle","headline":"Council approves library plan","datePublished":"2022-06-24T09:30:00+08:00","dateModified":"2022-06-25T09:30:00+08:00","author":[{"@type":"Person","name":"Jane Doe","url":"https://herald.example/jane"}],"publisher":{"name":"Valley Herald"}}</script></head>
<body><article><h1>Council approves library plan</h1><p>The council on Friday approved a plan to build a new library in the centre of the town, after years of debate among the residents.</p><p>Work begins next spring and is to last two years in all, the mayor said on Friday at the town hall.</p></article></body></html>"""
BARE = f"""<html><head><title>无名</title></head><body><h1>某地的一件小事</h1>{TEXT}{MORE}</body></html>"""
KEYS = f"""<html><head><title>t</title><meta name="title" content="自己的文章"><meta name="来源" content="青禾日报"><meta name="author" content="李明、王小红"><meta name="original_url" content="https://o.example/1"><meta name="date" content="2022-06"><meta name="source_url" content="https://qh.example/"><meta name="licence" content="CC BY 4.0"><meta name="notices" content="转载请注明"></head><body>{TEXT}{MORE}</body></html>"""


def said(parsed: ParsedEntry) -> tuple[object, ...]:
    a = parsed.attribution
    return (
        parsed.title,
        a.source.name,
        tuple(p.name for p in a.authors),
        a.published.text if a.published else None,
        a.editor,
    )


def test_government_metas() -> None:
    parsed = read_page(GOVERNMENT, "https://www.qinghe.example/a/1.html")
    assert said(parsed) == ("某市召开专题会议", "青禾日报", ("李明",), "2022-06-24T09:30", None)
    assert parsed.breadcrumb == ("新闻中心", "工作动态")
    assert parsed.attribution.via == (Hop("青禾市人民政府", "https://www.qinghe.example/"),)
    assert "扫一扫" not in parsed.content_html
    assert 'alt="会场"' in parsed.content_html
    assert "<table>" in parsed.content_html


def test_notice_and_editor_are_cut_from_the_body() -> None:
    parsed = read_page(DEDECMS, None)
    assert said(parsed) == ("一座山村的变化", "未知", ("admin",), "2022-06-24T09:30", "赵四")
    assert [n.text for n in parsed.notices] == [
        "免责声明：本文转载自网络，不代表本站观点，版权归原作者所有。"
    ]
    assert "免责声明" not in parsed.content_html
    assert "赵四" not in parsed.content_html


def made(head: str, *, body: str = TEXT + MORE, foot: str = "", metas: str = "") -> ParsedEntry:
    """A page read: what stands under its title, its text, what stands below it."""
    return read_page(
        f"<html><head><title>一座山村的变化_青山网</title>{metas}</head><body><div>首页</div>"
        f"<h1>一座山村的变化</h1>{head}<div class=content>{body}</div>{foot}"
        "<div>版权所有 青山网 京ICP备00000号</div></body></html>",
        "https://qs.example/1.html",
    )


DAY = "<div>2026-11-20</div>"
LAYOUTS: dict[str, tuple[ParsedEntry, tuple[object, ...]]] = {
    "elements without spaces": (
        made(
            "<div><span>来源：</span><span><a>某报</a></span><span>作者：</span><span>张三</span>"
            "<span>时间：</span><span>2026-11-20 08:00</span></div>"
        ),
        ("某报", ("张三",), "2026-11-20T08:00", None),
    ),
    "a list of terms": (
        made(
            "<dl><dt>来源</dt><dd>某报</dd><dt>作者</dt><dd>孙七</dd><dt>发布时间</dt><dd>2026-11-20</dd></dl>"
        ),
        ("某报", ("孙七",), "2026-11-20", None),
    ),
    "a table of a government": (
        made(
            "<table><tr><td>索引号</td><td>000014349/2026-00123</td></tr><tr><td>发布机构</td>"
            "<td>某县生态环境局</td><td>发文日期</td><td>2026年11月20日</td></tr></table>"
        ),
        ("某县生态环境局", (), "2026-11-20", None),
    ),
    "label and value on lines of their own": (
        made("<p>来源：某社</p><p>时间：2026-11-20</p><p>作者：</p><p>李明</p>"),
        ("某社", ("李明",), "2026-11-20", None),
    ),
    "a date in numerals": (
        made("<div>二〇二六年十一月二十日　来源：某报</div>"),
        ("某报", (), "2026-11-20", None),
    ),
    "a date in a paragraph": (
        made("<p>某网 2026-11-20 09:30:00</p>"),
        ("某网", (), "2026-11-20T09:30:00", None),
    ),
    "a byline behind the date": (
        made("<p>2026年11月20日 本报记者 李明 王红</p>"),
        (None, ("李明", "王红"), "2026-11-20", None),
    ),
    "a byline between bars": (
        made("<div>2026-11-20 | 来源：某报 | 记者 周八 通讯员 吴九 | 责编：郑十</div>"),
        ("某报", ("周八", "吴九"), "2026-11-20", "郑十"),
    ),
    "an intern among the editors": (
        made(DAY, foot="<p>(责编：李丹、王五(实习生))</p>"),
        (None, (), "2026-11-20", "李丹、王五(实习生)"),
    ),
    "characters without width": (
        made("<p>来源\u200b：\ufeff某社 2026-11-20</p>"),
        ("某社", (), "2026-11-20", None),
    ),
    "an interview": (
        made(DAY, body=f"<p>记者：请您谈谈为什么这样安排？</p>{TEXT}<p>记者：好的。</p>"),
        (None, (), "2026-11-20", None),
    ),
    "when a meeting is": (
        made(DAY, body=f"<p>时间：2026年11月25日上午9时</p><p>地点：某县礼堂</p>{TEXT}{MORE}"),
        (None, (), "2026-11-20", None),
    ),
    "when a meeting is, and no date": (
        made("", body=f"<p>会议时间：2026年11月25日上午9时</p><p>地点：某县礼堂</p>{TEXT}{MORE}"),
        (None, (), None, None),
    ),
    "the readers' comments": (
        made(DAY, foot="<div class=comments><p>作者：网友</p><p>责编：网友乱写</p></div>"),
        (None, (), "2026-11-20", None),
    ),
    "where the reader's address is": (
        made("<div>2026年11月20日 02:26:00 来自北京</div>"),
        (None, (), "2026-11-20T02:26:00", None),
    ),
    "the site as its own author": (
        made(DAY, metas='<meta property="article:author" content="青山网">'),
        (None, (), "2026-11-20", None),
    ),
}


@pytest.mark.parametrize(("parsed", "expected"), LAYOUTS.values(), ids=LAYOUTS)
def test_what_stands_around_the_title(parsed: ParsedEntry, expected: tuple[object, ...]) -> None:
    assert said(parsed)[1:] == expected


def test_the_time_of_a_meeting_stays_in_the_text() -> None:
    parsed, _ = LAYOUTS["when a meeting is"]
    assert "上午9时" in parsed.content_html


def test_json_ld() -> None:
    parsed = read_page(NEWS, None)
    assert said(parsed)[2:4] == (("Jane Doe",), "2022-06-24T09:30:00+08:00")
    assert str(parsed.attribution.updated) == "2022-06-25T09:30:00+08:00"
    assert parsed.link == "https://herald.example/a/1"


def test_metas_are_front_matter() -> None:
    parsed = read_page(KEYS, None)
    assert said(parsed) == ("自己的文章", "青禾日报", ("李明", "王小红"), "2022-06", None)
    assert parsed.attribution.original_url == "https://o.example/1"


def test_nothing_is_invented() -> None:
    assert said(read_page(BARE, None))[1:] == (None, (), None, None)


def test_deep_nesting_is_read_as_text() -> None:
    assert read_page("<div>" * 100_000 + "<p>某事</p>", None).attribution.source.name is None


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=200) | st.text("<>/divp a=\"'来源:：", max_size=120))
def test_never_raises(text: str) -> None:
    assert read_page(text, None) == read_page(text, None)


def test_real_pages(shared: Path) -> None:
    """What pages state is right on 0.95 of them, and nothing is found where they state nothing."""
    folder = shared / "corpora"
    lines = (folder / "pages-gold" / "gold.tsv").read_text("utf-8").splitlines()
    right: dict[str, list[bool]] = {}
    invented = []
    for row in csv.DictReader((x for x in lines if not x.startswith("#")), delimiter="\t"):
        parsed = read_file(row["file"], (folder / "pages" / row["file"]).read_bytes())
        a = parsed.attribution
        found = {
            "published": a.published.text[:10] if a.published else "-",
            "source": a.source.name or "-",
            "author": " ".join(p.name for p in a.authors) or "-",
            "editor": a.editor or "-",
        }
        for name, value in found.items():
            gold = row[name][:10] if name == "published" else row[name]
            if gold == "-" and value != "-":
                invented.append((row["file"], name, value))
            elif gold not in "?-":
                right.setdefault(name, []).append(value == gold)
    assert not invented
    assert {n: sum(each) / len(each) >= 0.95 for n, each in right.items()} == dict.fromkeys(
        right, True
    )


WECHAT = """<html><head><meta property="og:title" content="河边的灯">
<meta property="og:site_name" content="微信公众平台"></head><body>
<h1 class="rich_media_title">河边的灯</h1><div class="rich_media_meta_list">
<span class="rich_media_meta rich_media_meta_text">林一川</span><span
class="rich_media_meta rich_media_meta_nickname"><a id="js_name">清河夜读</a></span><em
id="publish_time" class="rich_media_meta rich_media_meta_text">2026-11-20 21:05</em></div>
<div id="js_content"><p>河边的灯一盏一盏亮起来，散步的人慢慢多了，孩子们在桥上追着跑。</p></div>
</body></html>"""


def test_a_saved_wechat_article_tells_author_from_account() -> None:
    entry = read_page(WECHAT, "https://mp.weixin.qq.com/s/abc")
    said = entry.attribution
    assert (said.source.name, [p.name for p in said.authors]) == ("清河夜读", ["林一川"])
    assert str(said.published) == "2026-11-20T21:05"
    assert "清河夜读" not in entry.content_html
    assert entry.content_html.startswith("<p>河边的灯一盏一盏")
