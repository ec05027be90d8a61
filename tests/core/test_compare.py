"""Ours against the original: what is a difference, and what makes none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import compare
from syndicate.core.compare import Compared, Kind, Side
from syndicate.model import GivenDate

ONE = "青河镇昨日开放了新的水务档案室，市民凭证件即可查阅。"
TWO = "档案室收藏了一百二十年间的水位记录和旧图。"
THREE = "管理员周望舒说，最早的一册写于河堤修成的那一年。"
FOUR = "开放时间为每周二至周六，节假日除外。"
FIVE = "镇政府表示，明年将把全部图纸做成影像供人下载。"
TEXT = f"{ONE}{TWO}\n{THREE}\n{FOUR}{FIVE}"
NIGHT = "The archive opens at nine. It holds records of 120 years. Nobody may smoke in it."


def said(ours: str, theirs: str, **more: object) -> Compared:
    return compare.compare(Side(text=ours), Side(text=theirs), zone="Asia/Shanghai", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ours", "theirs", "kinds"),
    [
        pytest.param(TEXT, TEXT, [], id="the same"),
        pytest.param(TEXT.replace("\n", ""), TEXT, [], id="other paragraphs"),
        pytest.param(TEXT.replace("，", ","), TEXT, [], id="other punctuation"),
        pytest.param(TEXT.replace("，", "。"), TEXT, [], id="parted otherwise"),
        pytest.param(TEXT.replace("档案", "檔案"), TEXT, [], id="traditional characters"),
        pytest.param(ONE + TWO, TEXT, [], id="an excerpt"),
        pytest.param(ONE + TWO + THREE + "……", TEXT, [], id="it says that it goes on"),
        pytest.param(ONE + TWO + THREE + FOUR, TEXT, [Kind.DROPPED], id="the end dropped"),
        pytest.param(ONE + TWO + FOUR + FIVE, TEXT, [Kind.DROPPED], id="dropped in the middle"),
        pytest.param(TWO + THREE + FOUR + FIVE, TEXT, [Kind.DROPPED], id="dropped at the start"),
        pytest.param(
            TEXT.replace(FOUR, FOUR + "本站记者另行获悉，档案室将收取查阅费用。"),
            TEXT,
            [Kind.ADDED],
            id="added",
        ),
        pytest.param(TEXT.replace("一百二十年", "一百五十年"), TEXT, [Kind.CHANGED], id="changed"),
        pytest.param(
            TEXT.replace("，市民凭证件即可查阅", ""), TEXT, [Kind.CHANGED], id="a clause dropped"
        ),
        pytest.param(TEXT.replace("，", "。", 1), TEXT, [], id="a clause made a sentence"),
        pytest.param(
            TEXT.replace("一百二十年", "一百五十年").replace(FOUR, ""),
            TEXT,
            [Kind.CHANGED, Kind.DROPPED],
            id="changed and dropped",
        ),
        pytest.param("来源：云溪日报 作者：周望舒。\n" + TEXT, TEXT, [], id="labels"),
        pytest.param(TEXT, "图为新档案室内景 李明摄\n" + TEXT, [], id="a caption there"),
        pytest.param("", TEXT, [], id="we hold none"),
        pytest.param(TEXT, "请登录", [], id="nothing to see there"),
        pytest.param(
            TEXT,
            "本地足球队在周末的比赛中以三比一获胜，球迷在广场上庆祝到深夜。教练说这是本赛季最好的一场比赛，也是最难的一场比赛。",
            [Kind.OTHER],
            id="another article",
        ),
        pytest.param(NIGHT, NIGHT.upper(), [], id="english in capitals"),
        pytest.param(
            NIGHT.replace("120", "150"), NIGHT, [Kind.CHANGED], id="english, another number"
        ),
    ],
)
def test_texts(ours: str, theirs: str, kinds: list[Kind]) -> None:
    assert list(said(ours, theirs).kinds) == kinds


def test_a_notice_of_ours_is_no_passage_that_was_added() -> None:
    notice = "本文转载自云溪日报，如有异议请在三十日内与我们联系。"
    assert said(TEXT + notice, TEXT).kinds == (Kind.ADDED,)
    assert said(TEXT + notice, TEXT, notices=[notice]).kinds == ()


def test_what_is_an_excerpt_is_said_to_be_one() -> None:
    assert said(ONE + TWO, TEXT).excerpt
    assert not said(TEXT, TEXT).excerpt


def test_passages_stand_side_by_side() -> None:
    found = said(TEXT.replace("一百二十年", "一百五十年").replace(FOUR, ""), TEXT).passages
    assert [(p.how, bool(p.ours), bool(p.theirs)) for p in found] == [
        ("same", True, True),
        ("changed", True, True),
        ("same", True, True),
        ("dropped", False, True),
        ("same", True, True),
    ]
    left, right = compare.beside(found[1].ours, found[1].theirs)
    assert [text for text, is_other in left if is_other] == ["五"]
    assert [text for text, is_other in right if is_other] == ["二"]


@pytest.mark.parametrize(
    ("ours", "theirs", "shorten", "differs"),
    [
        pytest.param("水务档案室开放", "水务档案室开放", False, False, id="same"),
        pytest.param("水务档案室开放", "水务档案室 开放！", False, False, id="signs"),
        pytest.param("水务档案室开放", "水务档案室开放_云溪日报", False, False, id="site"),
        pytest.param("水务档案室开放", "水务档案室开放 - 云溪网", False, False, id="site, dash"),
        pytest.param("档案室竟要收费？", "水务档案室开放", False, True, id="another"),
        pytest.param("档案室开放", "水务档案室今日开放", False, True, id="shortened"),
        pytest.param("档案室开放", "水务档案室今日开放", True, False, id="shortened, as allowed"),
        pytest.param("档案室收费", "水务档案室今日开放", True, True, id="not only shortened"),
        pytest.param("水务档案室开放", "", False, False, id="none there"),
    ],
)
def test_titles(ours: str, theirs: str, shorten: bool, differs: bool) -> None:
    found = compare.compare(Side(ours), Side(theirs), zone="Asia/Shanghai", shorten_titles=shorten)
    assert (Kind.TITLE in found.kinds) == differs


def test_a_changed_title_that_names_the_original_is_none() -> None:
    ours = Side("我们改过的题目", original_title="水务档案室开放")
    assert not compare.compare(ours, Side("水务档案室开放"), zone="UTC").kinds


@pytest.mark.parametrize(
    ("ours", "theirs", "differs"),
    [
        pytest.param(("周望舒",), ("周望舒",), False, id="same"),
        pytest.param(("陈砚", "周望舒"), ("周望舒", "陈砚"), False, id="order"),
        pytest.param(("李　明",), ("李明",), False, id="spaces"),
        pytest.param(("陈砚",), ("周望舒",), True, id="another"),
        pytest.param((), ("周望舒",), True, id="left out"),
        pytest.param(("周望舒",), (), False, id="none there"),
    ],
)
def test_authors(ours: tuple[str, ...], theirs: tuple[str, ...], differs: bool) -> None:
    found = compare.compare(Side(authors=ours), Side(authors=theirs), zone="UTC")
    assert (Kind.AUTHOR in found.kinds) == differs


@pytest.mark.parametrize(
    ("ours", "theirs", "differs"),
    [
        pytest.param("2026-11-20", "2026-11-20T09:30+08:00", False, id="a day has its hours"),
        pytest.param("2026-11-19", "2026-11-20", True, id="the day before"),
        pytest.param("2026-11-20", "2026-11-19", False, id="later is what a reprint is"),
        pytest.param("2026-11", "2026-11-20", False, id="its month"),
        pytest.param("2026-11-20T09:29+08:00", "2026-11-20T01:30Z", True, id="a minute"),
        pytest.param("2026-11-20T09:30+08:00", "2026-11-20T01:30:30Z", False, id="seconds"),
    ],
)
def test_dates(ours: str, theirs: str, differs: bool) -> None:
    found = compare.compare(
        Side(published=GivenDate(ours)), Side(published=GivenDate(theirs)), zone="Asia/Shanghai"
    )
    assert (Kind.EARLIER in found.kinds) == differs


def test_what_is_gone_is_missing() -> None:
    assert compare.gone(410, "https://a.example/1").kinds == (Kind.MISSING,)


@given(st.text(), st.text(max_size=300))
def test_any_two_texts(one: str, other: str) -> None:
    assert not said(one, one).differences
    found = said(one, other)
    assert found.share is None or 0 <= found.share <= 1
    left, right = compare.beside(one, other)
    assert "".join(t for t, _ in left) == one
    assert "".join(t for t, _ in right) == other
