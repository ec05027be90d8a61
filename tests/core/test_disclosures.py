"""What texts are marked as, and what only speaks of such things."""

from __future__ import annotations

import pytest

from syndicate.core import disclosures
from syndicate.core.words import EN, ZH
from syndicate.model import Label

MADE = disclosures.SOURCE_TYPES + "trainedAlgorithmicMedia"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("广告", "advertisement"),
        ("【廣告】", "advertisement"),
        ("AD", "advertisement"),
        ("Sponsored content", "sponsored"),
        ("Sponsored by Acme Ltd.", "sponsored"),
        ("本文由云溪茶厂赞助", "sponsored"),
        ("AI生成", "ai"),
        ("（本文由人工智能生成，仅供参考）", "ai"),
        ("部分内容由AI辅助生成", "ai"),
        ("本文使用大模型撰写", "ai"),
        ("This article was written with AI.", "ai"),
        ("AI-generated", "ai"),
        ("更正", "correction"),
        ("广告法修订草案公布", None),
        ("推广普通话", None),
        ("AI生成内容将被标识", None),
        ("人工智能创作大赛", None),
        ("他说这是广告。", None),
        ("", None),
    ],
)
def test_kind_of(text: str, kind: str | None) -> None:
    assert disclosures.kind_of(text) == kind


@pytest.mark.parametrize(
    ("title", "text", "labels"),
    [
        pytest.param("【推广】好茶", "正文。", [("sponsored", "推广")], id="opens a title"),
        pytest.param("更正丨昨日要闻", "正文。", [("correction", "更正")], id="before a bar"),
        pytest.param("品牌如何做好（推广）", "正文。", [], id="a subject in brackets"),
        pytest.param("好茶", "【广告】好茶好水。\n更多。", [("advertisement", "广告")], id="opens a text"),
        pytest.param("好茶", "Advertisement\n正文。\n广告\n正文。", [], id="places for ads"),
        pytest.param("好茶", "正文。\n\n（本文由AI生成）", [("ai", "本文由AI生成")], id="at the end"),
        pytest.param(
            "好茶", "Correction: the price was wrong.\nText.",
            [("correction", "Correction: the price was wrong.")], id="in words",
        ),
        pytest.param("好茶", "一。\n二。\n三。\n四。\nAI生成\n五。\n六。\n七。\n八。", [], id="in the middle"),
    ],
)  # fmt: skip
def test_read_inline(title: str, text: str, labels: list[tuple[str, str]]) -> None:
    found = disclosures.read_inline(title, text)
    assert [(label.kind, label.text) for label, _ in found] == labels


@pytest.mark.parametrize(
    "said",
    [MADE, "https://schema.org/TrainedAlgorithmicMediaDigitalSource", "trainedAlgorithmicMedia",
     "digsrctype:trainedAlgorithmicMedia"],
)  # fmt: skip
def test_a_source_type_in_any_spelling(said: str) -> None:
    assert disclosures.source_type(said) == Label("ai", url=MADE)


def test_what_a_camera_took_is_no_label() -> None:
    assert disclosures.source_type(disclosures.SOURCE_TYPES + "digitalCapture") is None
    assert disclosures.schema_org("https://else.example/x") is None


def test_subjects_are_no_labels() -> None:
    assert disclosures.categories(["推广", "Advertising", "赞助", "更正"]) == ()
    assert [la.kind for la in disclosures.categories(["广告", "Sponsored"])] == [
        "advertisement",
        "sponsored",
    ]


@pytest.mark.parametrize(
    ("labels", "merged"),
    [
        ([Label("ai"), Label("ai", "AI生成")], [Label("ai", "AI生成")]),
        ([Label("ai", "AI生成"), Label("ai", url=MADE)], [Label("ai", "AI生成", MADE)]),
        ([Label("ai", "AI 生成"), Label("ai", "ＡＩ 生成")], [Label("ai", "AI 生成")]),
        ([Label("label", "协作稿"), Label("ai")], [Label("label", "协作稿"), Label("ai")]),
    ],
)
def test_merged(labels: list[Label], merged: list[Label]) -> None:
    assert list(disclosures.merged(labels)) == merged


def test_shown() -> None:
    assert disclosures.shown(Label("ai"), EN) == "AI-generated"
    assert disclosures.shown(Label("sponsored", "某某公司"), ZH) == "推广：某某公司"
    assert disclosures.shown(Label("correction", "更正：三应为二。"), ZH) == "更正：三应为二。"
    assert disclosures.shown(Label("label", "协作稿"), ZH) == "协作稿"
