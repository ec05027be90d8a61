"""Plain-text dumps of portal pages: made-up pages of several habits."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicate.core.dump import read_dump
from syndicate.model import Hop, NoticeFrom, ParsedEntry

P1 = "为进一步提升基层治理水平,某市近日召开专题会议,研究部署下一阶段的重点工作任务,各单位负责同志参加。"
P2 = "会议指出,要坚持问题导向,把群众的事情办好办实,确保各项措施落到实处、见到成效,不断增强群众的获得感。"
PAGES: dict[str, str] = {}
PAGES["table"] = f"""青禾政务网
首页 | 新闻 | 政策 | 互动
您的位置：首页 › 新闻中心 › 工作动态 › 内容
某市召开基层治理专题会议
发布日期\t2022年6月24日 09:30
信息来源\t青禾日报
浏览次数\t123
字号：大 中 小  打印  关闭
  {P1}
  {P2}
上一篇：某市开展安全检查
下一篇：某市发布天气预警
【版权声明】本文转载自网络，版权归原作者所有。
原文地址：https://qinghe.example/a/1.html
主办单位：某市人民政府办公室
Copyright © 2020-2022 青禾政务网 版权所有 青ICP备12345678号
"""
PAGES["lines"] = f"""您当前的位置 : 网站首页 » 法治 » 正文
李明：把小事办好
作者：李　明、王小红
来源：青禾法治报
时间：2022/06/24 09:30:15
责任编辑：赵四
点击数：88

{P1}

{P2}

（责任编辑：赵四）
分享到：
相关阅读
某市召开会议2022-06-20
扫一扫在手机打开当前页
"""
PAGES["english"] = """Green Valley Herald
Home > News > Local > Article
Council approves new library plan
By Jane Doe and John Smith
Published: June 24, 2022
Source: Valley Wire Service

The council on Friday approved a plan to build a new library in the centre of the town, after years of debate.

"It is a good day for readers," the mayor said. Work begins next spring and is to last two years in all.

Original: https://wire.example/2022/library
Disclaimer: This article is republished for information only. The copyright belongs to the author.
Copyright © 2022 Green Valley Herald. All rights reserved.
Tel: 555-0100
"""
PAGES["nothing"] = f"""某地的一件小事

{P1}

{P2}
"""
PAGES["notice_before"] = f"""当前位置：首页-要闻-详情
一座山村的变化
2022-06-24 09:30 来源： 作者： 浏览次数：12次
{P1}
{P2}
免责声明：本网站转载此文仅供参考，不代表本网观点。
阅读原文：http://mountain.example/news/7
版权所有：青山网 京ICP备00000000号-1
技术支持：某某公司
"""
PAGES["arrow"] = f"""欢迎访问白云新闻网！
当前所在 → 首页 → 国内 → 正文
标题在此：一次普通的采访
稿源：白云晚报 | 作者：陈一 | 编辑：刘二 | 2022.06.24
　　{P1}
　　图片来源：白云社
　　{P2}
　　数据来源：某统计局
<免责声明>本文由网友上传，版权归作者所有。
白云新闻网 baiyun.example 版权所有
地址：某市某路1号 电话：000-0000
"""

# name: title, breadcrumb, source, authors, published, editor, original link, site
EXPECTED = {
    "table": (
        "某市召开基层治理专题会议",
        ("新闻中心", "工作动态"),
        "青禾日报",
        (),
        "2022-06-24T09:30",
        None,
        "https://qinghe.example/a/1.html",
        "青禾政务网",
    ),
    "lines": (
        "李明：把小事办好",
        ("法治",),
        "青禾法治报",
        ("李　明", "王小红"),
        "2022-06-24T09:30:15",
        "赵四",
        None,
        None,
    ),
    "english": (
        "Council approves new library plan",
        ("News", "Local"),
        "Valley Wire Service",
        ("Jane Doe", "John Smith"),
        "2022-06-24",
        None,
        "https://wire.example/2022/library",
        "Green Valley Herald",
    ),
    "nothing": ("某地的一件小事", (), None, (), None, None, None, None),
    "notice_before": (
        "一座山村的变化",
        ("要闻",),
        None,
        (),
        "2022-06-24T09:30",
        None,
        "http://mountain.example/news/7",
        "青山网",
    ),
    "arrow": (
        "标题在此：一次普通的采访",
        ("国内",),
        "白云晚报",
        ("陈一",),
        "2022-06-24",
        "刘二",
        None,
        "白云新闻网",
    ),
}


def paragraphs(parsed: ParsedEntry) -> list[str]:
    return [html.unescape(p) for p in re.findall("<p>(.*?)</p>", parsed.content_html)]


@pytest.mark.parametrize("name", EXPECTED)
def test_page(name: str) -> None:
    parsed = read_dump(PAGES[name])
    said = parsed.attribution
    found = (
        parsed.title,
        parsed.breadcrumb,
        said.source.name,
        tuple(p.name for p in said.authors),
        said.published.text if said.published else None,
        said.editor,
        said.original_url,
        said.via[-1].name if said.via else None,
    )
    assert found == EXPECTED[name]


@pytest.mark.parametrize("name", ["table", "lines", "nothing", "notice_before"])
def test_body_is_the_paragraphs_and_nothing_else(name: str) -> None:
    assert paragraphs(read_dump(PAGES[name])) == [P1, P2]


def test_traps_in_the_body_stay_there() -> None:
    parsed = read_dump(PAGES["arrow"])
    assert paragraphs(parsed) == [P1, "图片来源：白云社", P2, "数据来源：某统计局"]
    assert parsed.attribution.via[-1] == Hop("白云新闻网", "http://baiyun.example/")


QUESTION = "记者：请您谈谈为什么这样安排？"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("北京时间2026年11月20日 14:05　来源：某社", ("某社", (), "2026-11-20T14:05+08:00")),
        ("来源：　作者：　2026-11-20", (None, (), "2026-11-20")),
        (
            "2026-11-20 | 来源：某报 | 记者 周八 通讯员 吴九",
            ("某报", ("周八", "吴九"), "2026-11-20"),
        ),
        ("来源：某报作者：李明时间：2026-11-20", ("某报", ("李明",), "2026-11-20")),
    ],
)
def test_what_stands_under_the_title(head: str, expected: tuple[object, ...]) -> None:
    a = read_dump(f"某某网\n\n一座山村的变化\n\n{head}\n\n{P1}\n{P2}\n").attribution
    found = a.source.name, tuple(p.name for p in a.authors), a.published and a.published.text
    assert found == expected


def test_the_first_question_of_an_interview_is_text() -> None:
    parsed = read_dump(
        f"某某网\n\n一座山村的变化\n\n2026-11-20 来源：某社\n\n{QUESTION}\n\n李明：{P1}\n{P2}\n"
    )
    assert QUESTION in parsed.content_html
    assert parsed.attribution.authors == ()


@pytest.mark.parametrize("name", ["table", "english", "notice_before", "arrow"])
def test_the_notice_of_the_entry(name: str) -> None:
    parsed = read_dump(PAGES[name])
    assert [n.origin for n in parsed.notices] == [NoticeFrom.ENTRY]
    assert parsed.notices[0].text in PAGES[name]


def test_the_real_sample(shared: Path) -> None:
    for path in sorted((shared / "seeds").glob("*.txt"))[:1]:
        parsed = read_dump(path.read_text("utf-8"))
        said = parsed.attribution
        assert (parsed.breadcrumb, said.source.name) == (("工作札记",), "贵州党建云")
        assert [p.name for p in said.authors] == ["佚名"]
        assert (str(said.published), said.via[-1].name) == ("2022-06-24", "廉政法治网")
        assert [n.origin.value for n in parsed.notices] == ["entry", "site", "site"]
        assert len(paragraphs(parsed)) == 5
        assert said.original_url is not None
        assert said.original_url.endswith("1646207331298009.htm")


_LINE = st.sampled_from([line for page in PAGES.values() for line in page.split("\n")]) | st.text(
    max_size=40
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_LINE, max_size=30).map("\n".join))
def test_never_raises_and_is_deterministic(text: str) -> None:
    assert read_dump(text) == read_dump(text)


NOTICE = "本周六上午停水，请提前储水。"


@pytest.mark.parametrize(
    ("page", "body"),
    [
        pytest.param(
            f"停水通知\n来源：青禾镇  发布时间：2022-06-24 09:30\n{NOTICE}\n责任编辑：王五\n",
            [NOTICE],
            id="one line, an editor after it",
        ),
        pytest.param(
            f"停水通知\n来源：青禾镇\n{NOTICE}\n咨询电话见公告栏\n作者：王五\n时间：2022-06-24\n"
            "上一篇：天气\n[免责声明] 本文转载自网络。\n",
            [NOTICE, "咨询电话见公告栏"],
            id="labels around it",
        ),
        pytest.param(
            f"停水通知\n来源：青禾镇\n副标题一行\n责任编辑：王五\n{NOTICE}\n",
            [NOTICE],
            id="labels above it alone",
        ),
    ],
)
def test_a_short_article_keeps_its_text(page: str, body: list[str]) -> None:
    read = read_dump(page)
    assert read.title == "停水通知"
    assert re.findall(r"<p>(.*?)</p>", read.content_html) == body
    assert read.attribution.source.name == "青禾镇"
