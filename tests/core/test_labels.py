"""Labels in lines and in running text."""

from __future__ import annotations

import pytest

from syndicate.core import labels

LINES = {
    "来源：青禾日报 作者：佚名": {"source": "青禾日报", "author": "佚名"},
    "发布时间:2022-06-24 来源: 某某党建云 作者:佚名": {
        "published": "2022-06-24",
        "source": "某某党建云",
        "author": "佚名",
    },
    "来源： 作者：李明": {"author": "李明"},
    "来源：": {},
    "图片来源：某社": {},
    "数据来源：统计局": {},
    "资料来源：档案馆": {},
    "来　源：青禾日报": {"source": "青禾日报"},
    "Source: Valley Wire | Author: Jane Doe": {"source": "Valley Wire", "author": "Jane Doe"},
    "By Jane Doe and John Smith": {"author": "Jane Doe and John Smith"},
    "By the end of the year it will be done": {},
    "转自：某网": {"via": "某网"},
    "信息来源 青禾日报": {"source": "青禾日报"},
    # glued together, as the texts of neighbouring elements are
    "来源：青禾日报作者：张三时间：2026-11-20": {
        "source": "青禾日报",
        "author": "张三",
        "published": "2026-11-20",
    },
    "来源:青禾日报记者:李明编辑:王红": {
        "source": "青禾日报",
        "author": "李明",
        "editor": "王红",
    },
    "来源：青禾社2026-11-20 10:00": {"source": "青禾社"},
    "来源：《青禾报》（2026年11月20日 第 05 版）": {
        "source": "《青禾报》（2026年11月20日 第 05 版）"
    },
    # what is of something else
    "本文图片来源：某社": {},
    "图表数据来源：统计局": {},
    "会议时间：2026年11月25日": {},
    "作者：李明 作者单位：青禾大学": {"author": "李明"},
    # nothing stated
    "来源：　作者：　2026-11-20": {},
    "作者：/ 来源：--": {},
    "作者：无 来源：null": {},
    "作者：佚名": {"author": "佚名"},
    # who speaks is no author
    "记者：请您谈谈为什么这样安排？": {},
    "记者：好的。": {},
    "来源：统计局数据显示，上半年增长很快，各项指标向好。": {},
    # buttons of the page
    "来源：青禾网 【打印】【关闭】": {"source": "青禾网"},
    "来源：青禾网【字体：大 中 小】": {"source": "青禾网"},
    "来源：青禾网 我要评论(0)": {"source": "青禾网"},
    "来源：青禾网参与互动": {"source": "青禾网"},
    "来源: 青禾网 举报": {"source": "青禾网"},
    "来源：青禾网 更新于 2026-11-21": {"source": "青禾网"},
    "来源：青禾经济网 记者 李明": {"source": "青禾经济网"},
    "来源：青禾报 会议指出，近年来全县成绩很大": {"source": "青禾报"},
    # brackets
    "【来源：青禾报】【作者：李明】": {"source": "青禾报", "author": "李明"},
    "[来源]青禾报 [作者]李明": {"source": "青禾报", "author": "李明"},
    "【版权声明】本文转载自网络": {},
    # traditional script
    "來源：聯合某報　記者：陳大文　編輯：林小美　發布日期：民國115年11月20日": {
        "source": "聯合某報",
        "author": "陳大文",
        "editor": "林小美",
        "published": "民國115年11月20日",
    },
    "原標題：河邊的燈": {"original_title": "河邊的燈"},
    "轉載自：聯合某報": {"via": "聯合某報"},
    "發佈機構 某縣政府": {},
    "发布机构 某县生态环境局 发文日期 2026年11月20日": {
        "source": "某县生态环境局",
        "published": "2026年11月20日",
    },
}


@pytest.mark.parametrize(("line", "expected"), LINES.items(), ids=LINES)
def test_scan(line: str, expected: dict[str, str]) -> None:
    found = {each.field: each.value for each in labels.scan(line) if each.field != "other"}
    assert found == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("【文/某网专栏作者 李明】", "李明"),
        ("本报记者 李明 王小红", "李明 王小红"),
        ("文／李明", "李明"),
        ("记者从会上获悉，今年将继续推进。", None),
    ],
)
def test_byline(line: str, expected: str | None) -> None:
    assert labels.byline(line) == expected


def test_the_brackets_within_a_value_stay() -> None:
    found = labels.read_inline("正文第一段。\n正文第二段。\n（责编：李丹、王五(实习生)）")
    assert found.editor == "李丹、王五(实习生)"


def test_inline_is_inferred_with_evidence() -> None:
    found = labels.read_inline("来源：青禾日报\n正文第一段。\n正文第二段。\n（责任编辑：赵四）")
    assert (found.source, found.editor) == ("青禾日报", "赵四")
    assert {each.field for each in found.evidence} == {"source", "editor"}


@pytest.mark.parametrize(
    "text",
    [
        "据介绍，图片来源：某社。后来又说。",
        "他说：来源很清楚。",
        "水的来源：地下河，经年不断。",
        "",
    ],
)
def test_running_text_says_nothing(text: str) -> None:
    assert labels.read_inline(text).source is None
