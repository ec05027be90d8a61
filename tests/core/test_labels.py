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
