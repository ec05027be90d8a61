"""Same article or not: a table of what reprints do, and of what only looks alike."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core.dedupe import Fingerprint, is_revised, judge, unpack
from syndicate.core.fingerprint import fingerprint

TITLE = "青石县图书馆延长开放时间"
FIRST = "青石县图书馆昨天宣布，从下月起把每天的开放时间延长两个小时，方便下班后来看书的读者。"
MORE = (
    "馆长沈望舒说，去年到馆人数比前年多了三成，其中一半在傍晚以后。为此馆里新招了夜班馆员，"
    "并在阅览室添置了护眼灯和热水机。不少读者表示，孩子放学后终于有个安静的去处。"
    "邻近的白杨镇和柳溪镇也在考虑照此办理，两镇的文化站已经派人来学习排班和巡查的办法。"
    "县里还打算把闲置的粮站改成分馆，明年春天动工，图纸正在征求居民意见。"
)
TEXT = FIRST + "\n" + MORE
ENGLISH = (
    "The harbour council voted on Tuesday to reopen the old fish market after years of neglect. "
    "Builders will replace the roof, the drains and the cold store before the autumn fair. "
    "Traders who left for the ring road have been offered their former stalls at half the rent. "
    "Opponents said the money would be better spent on the ferry, which still runs only at noon. "
    "Work starts next month, and the council hopes that the first boats will land there by May."
)
TRADITIONAL = "青石縣圖書館昨天宣布，從下月起把每天的開放時間延長兩個小時，方便下班後來看書的讀者。"
NOTICE = "免责声明：本文转载自网络，版权归原作者所有，如有侵权请联系我们删除。"


def same(a: Fingerprint, b: Fingerprint) -> bool:
    return judge(a, b).same


@pytest.mark.parametrize(
    ("title", "text"),
    [
        pytest.param("夜里也能看书了", TEXT, id="other headline"),
        pytest.param(f"【转载】{TITLE}", TEXT, id="reprint mark"),
        pytest.param(TITLE, "本报讯（记者 罗青禾）" + TEXT, id="byline before it"),
        pytest.param("夜里也能看书了", MORE, id="head cut"),
        pytest.param("夜里也能看书了", TEXT[: len(TEXT) // 2], id="tail cut"),
        pytest.param("夜里也能看书了", FIRST, id="lead sentence only"),
        pytest.param(TITLE, f"{TEXT}\n{NOTICE}", id="notice"),
        pytest.param(TITLE, f"{TEXT}{NOTICE}", id="notice without a line of its own"),
        pytest.param(TITLE, TEXT.replace("昨天", "日前").replace("不少", "许多"), id="words"),
        pytest.param(TITLE, TRADITIONAL + MORE, id="traditional"),
        pytest.param(TITLE, TEXT.replace("，", ",").replace("。", ". "), id="widths"),
        pytest.param(TITLE, TEXT[:120] + "……", id="teaser"),
    ],
)
def test_a_reprint_is_the_same(title: str, text: str) -> None:
    verdict = judge(fingerprint(TITLE, TEXT), fingerprint(title, text))
    assert verdict.same, verdict


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("NORTHFIELD NEWS - " + ENGLISH, id="dateline"),
        pytest.param(ENGLISH.replace("Builders", "Workers"), id="a word"),
        pytest.param(ENGLISH[:250], id="summary"),
        pytest.param(
            ENGLISH + "\nThis article was republished with permission of the copyright holder.",
            id="notice",
        ),
        pytest.param(
            ENGLISH.rstrip(".") + "\nAll rights reserved.", id="notice after no full stop"
        ),
    ],
)
def test_an_english_reprint_is_the_same(text: str) -> None:
    assert same(fingerprint("Market to reopen", ENGLISH), fingerprint("Old stalls", text))


def _notice(number: int, day: int) -> str:
    return (
        f"市场公告第{number}号：定于{day}日上午在会议中心举行竞价会，请各单位按时参加，逾期不候。"
    )


def _weather(high: int, low: int) -> str:
    return (
        f"气象台今晨发布：今天白天晴到多云，最高气温{high}度，夜间{low}度，偏东风二级，适宜晾晒。"
    )


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(("", _notice(12, 5)), ("", _notice(13, 8)), id="numbered notices"),
        pytest.param(("", _notice(12, 5)), ("", _notice(13, 5)), id="one number"),
        pytest.param(("天气", _weather(24, 12)), ("天气", _weather(26, 12)), id="weather"),
        pytest.param(("天气", _weather(12, 12)), ("天气", _weather(26, 12)), id="one repeated"),
        pytest.param(("公告第1号", TEXT), ("公告第2号", TEXT), id="titles of a series"),
        pytest.param(
            (TITLE, TEXT),
            (
                "沈望舒谈夜间开放",
                "记者昨天采访了沈望舒。" + MORE[:40] + "他谈到经费和人手的困难。" * 6,
            ),
            id="a report about it",
        ),
        pytest.param(
            (
                "甲退休",
                "老城剧团演员顾长风上月退休，最后一次登台唱的是自己改编的折子戏。" + MORE[:60],
            ),
            (
                "乙获奖",
                "山南中学教师简文斋昨天获奖，评委称赞他三十年来坚持带学生观鸟。" + MORE[:60],
            ),
            id="one house's form",
        ),
        pytest.param((TITLE, TEXT), ("", ""), id="nothing"),
    ],
)
def test_what_looks_alike_is_not_the_same(a: tuple[str, str], b: tuple[str, str]) -> None:
    verdict = judge(fingerprint(*a), fingerprint(*b))
    assert not verdict.same, verdict


def test_a_long_form_with_other_numbers_is_another_text() -> None:
    def prices(day: int) -> str:
        goods = ["白菜", "萝卜", "土豆", "茄子", "豆角", "冬瓜", "芹菜", "菠菜", "黄瓜", "莲藕"]
        rows = (
            f"{name}在城东农贸市场的零售均价为每公斤{day + n}元，货源充足；"
            for n, name in enumerate(goods, 30)
        )
        return "".join(rows) + MORE

    assert not same(fingerprint("今日菜价", prices(1)), fingerprint("今日菜价", prices(40)))


def test_within_a_source_only_a_revision_is_the_same() -> None:
    first, second = fingerprint(TITLE, TEXT * 2), fingerprint(TITLE, TEXT * 2 + "图为读者。")
    assert is_revised(first, second, judge(first, second).score)
    short = fingerprint("", FIRST), fingerprint("", "晚间：" + FIRST)
    assert not is_revised(*short, judge(*short).score)


texts = st.text() | st.text(alphabet="图书馆开放第12号。\n ，A", max_size=400)


@given(texts, texts, texts, texts)
def test_symmetric_and_never_raises(t1: str, x1: str, t2: str, x2: str) -> None:
    a, b = fingerprint(t1, x1), fingerprint(t2, x2)
    assert judge(a, b) == judge(b, a)
    assert 0.0 <= judge(a, b).score <= 1.0


@given(texts, texts)
def test_packing_loses_nothing_but_the_keys(title: str, text: str) -> None:
    made = fingerprint(title, text)
    back = unpack(made.pack())
    assert judge(made, back).same
    assert back.pack() == made.pack()


def test_a_megabyte_takes_bounded_time() -> None:
    started = time.process_time()
    made = fingerprint("", "".join(chr(0x4E00 + i * 7919 % 20000) for i in range(1_000_000)))
    assert time.process_time() - started < 0.5
    assert len(made.keys) < 200
    assert len(made.pack()) < 8000


_DISMISSED = (
    "日前，纪委监委对{who}严重违纪违法问题进行了立案审查调查。经查，{name}背弃初心使命，违规收受礼品礼金，"
    "利用职务便利为他人谋取利益，并非法收受巨额财物。{name}的行为已构成严重职务违法，应予严肃处理。"
    "经研究决定，给予{name}开除党籍、开除公职处分，收缴其违纪违法所得，将其涉嫌犯罪问题移送检察机关依法审查起诉。"
)


def _dismissed(place: str, post: str, name: str) -> Fingerprint:
    who = f"{place}{post}{name}"
    return fingerprint(f"{who}被开除党籍和公职", _DISMISSED.format(who=who, name=name))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param(_dismissed("白水市", "副市长", "王建国"), False, id="another official"),
        pytest.param(_dismissed("清河县", "水利局局长", "王建国"), False, id="of the same office"),
        pytest.param(_dismissed("清河县", "水利局局长", "李明"), True, id="the same"),
        pytest.param(
            fingerprint(
                "快讯：清河县水利局原局长被“双开”",
                _DISMISSED.format(who="清河县水利局局长李明", name="李明"),
            ),
            True,
            id="the same under another headline",
        ),
    ],
)
def test_announcements_of_one_form_are_told_apart_by_whom_they_are_about(
    other: Fingerprint, same: bool
) -> None:
    verdict = judge(_dismissed("清河县", "水利局局长", "李明"), other)
    assert verdict.same is same, verdict


def test_appointments_in_english_of_one_form() -> None:
    text = (
        "The board of {place} General Hospital has named {name} as its new chief executive from "
        "next month. The appointment follows a national search. The hospital serves the region "
        "with four hundred beds and a staff of two thousand, and plans to open a new wing next "
        "year, the chair of the board said, thanking everyone who took part in the selection."
    )
    first, second = (
        fingerprint(f"{name} to lead {place} General Hospital", text.format(place=place, name=name))
        for place, name in (("Riverton", "Alice Smithson"), ("Oakfield", "Robert Jonas"))
    )
    assert not judge(first, second).same
    assert judge(first, fingerprint("Hospital has a new chief", text.format(
        place="Riverton", name="Alice Smithson"))).same  # fmt: skip
