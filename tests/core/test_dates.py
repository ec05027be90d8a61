"""Dates: each form at its own precision; what is relative or ambiguous is unknown."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import dates
from syndicate.core.dates import read_date

READ = {
    # Chinese numerals, whole tens and the days of the week among them
    "二〇二六年十一月二十日": "2026-11-20",
    "二〇二六年十一月三十日": "2026-11-30",
    "二〇二六年十月二十日": "2026-10-20",
    "二〇二六年十月十日": "2026-10-10",
    "二〇二六年元月五日": "2026-01-05",
    "二〇二六年十一月二十五日星期三": "2026-11-25",
    "二〇二六年十一月二十五日（星期三） 14:05": "2026-11-25T14:05",
    "二零二六年十一月廿五日 上午九时三十分": "2026-11-25T09:30",
    "二〇二六年十一月二十五日二十时": "2026-11-25T20:00",
    "2026年11月25日下午2点半": "2026-11-25T14:30",
    # Beijing's time, brackets, and how Go prints a time
    "2026年11月25日 14:05 北京时间": "2026-11-25T14:05+08:00",
    "北京时间2026年11月25日14:05": "2026-11-25T14:05+08:00",
    "2026年11月25日 14:05:09（北京时间）": "2026-11-25T14:05:09+08:00",
    "2026年11月25日（北京时间）": "2026-11-25",
    "（2026-11-25 14:05）": "2026-11-25T14:05",
    "[2026-11-25]": "2026-11-25",
    "2026-11-25 14:05:00 +0800 CST": "2026-11-25T14:05:00+08:00",
    "2026-11-25 06:05:00 +0000 UTC": "2026-11-25T06:05:00+00:00",
    # RFC 822 and its looser relatives
    "Thu, 01 Jan 2004 19:48:21 GMT": "2004-01-01T19:48:21+00:00",
    "Thu, 01 Jan 04 19:48 GMT": "2004-01-01T19:48+00:00",
    "01 Jan 2004 19:48:21 +0800": "2004-01-01T19:48:21+08:00",
    "Thu,01 Jan 2004 19:48:21 CST": "2004-01-01T19:48:21+08:00",
    "Thu, 01 Jan 2004": "2004-01-01",
    "Thu, 1 Jan 2004 24:00:00 GMT": "2004-01-02T00:00:00+00:00",
    "Fri Jun 24 09:30:00 2022": "2022-06-24T09:30:00",
    "Fri Jun 24 09:30:00 +0800 2022": "2022-06-24T09:30:00+08:00",
    "Fri, 24 Jun 2022 09:30:00 GMT+0800 (China Standard Time)": "2022-06-24T09:30:00+08:00",
    # ISO 8601
    "2003-12-31T10:14:55Z": "2003-12-31T10:14:55Z",
    "2003-12-31T10:14:55,123+0800": "2003-12-31T10:14:55+08:00",
    "2003-W52-3": "2003-12-24",
    "2003365": "2003-12-31",
    "20031231T101455Z": "2003-12-31T10:14:55Z",
    "2003-12-31T24:00:00Z": "2004-01-01T00:00:00Z",
    "2003-12": "2003-12",
    "2003": "2003",
    "2022-06-24T0930Z": "2022-06-24T09:30Z",
    "2022-06-24T09:30:00+08:00[Asia/Shanghai]": "2022-06-24T09:30:00+08:00",
    "2022-06-24T09:30:00−08:00": "2022-06-24T09:30:00-08:00",
    "2022-06-24 09:30 (GMT+08:00)": "2022-06-24T09:30+08:00",
    "2022-06-24 09:30 UTC+8": "2022-06-24T09:30+08:00",
    "20220624093000": "2022-06-24T09:30:00",
    # Chinese
    "2022年6月24日 09:30": "2022-06-24T09:30",
    "2022年6月24日09时30分": "2022-06-24T09:30",
    "二〇二二年六月二十四日": "2022-06-24",
    "二〇二二年六月廿四日": "2022-06-24",
    "民國111年6月24日": "2022-06-24",
    "2022年6月24日 下午3:05": "2022-06-24T15:05",
    "2022年6月24日 凌晨12:30": "2022-06-24T00:30",
    "2022年6月24日星期五 09:30": "2022-06-24T09:30",
    "2022年06月": "2022-06",
    "２０２２年６月２４日": "2022-06-24",
    "发布时间：2022-06-24": "2022-06-24",
    # English
    "June 24, 2022 3:05 PM": "2022-06-24T15:05",
    "24 Jun 2022 at 3pm": "2022-06-24T15:00",
    "2022-Jun-24": "2022-06-24",
    "2022-06-24 12:30 AM": "2022-06-24T00:30",
    # numbers
    "2022/06/24": "2022-06-24",
    "2022.6.24 09:30": "2022-06-24T09:30",
    "25/12/2022": "2022-12-25",
    "1656034200": "2022-06-24T01:30:00Z",
}
UNKNOWN = (
    *(
        "昨天",
        "二〇十五日",
        "二〇十年十二三月五日",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "3小时前",
        "06-24",
        "0000-00-00",
        "03/04/2022",
        "2022-02-30",
        "2022-13-01",
        "",
        "廿四",
    ),
    *("Thu, 31 Jun 2004 19:48:21 GMT", "2022年6月24日 晚上12:00", "2022-06-24 25:00", "12", "来源"),
    "2022-06-24 至 2022-06-25",
)


@pytest.mark.parametrize(("text", "expected"), READ.items(), ids=READ)
def test_read(text: str, expected: str) -> None:
    assert str(read_date(text)) == expected


@pytest.mark.parametrize("text", UNKNOWN)
def test_unknown_is_none(text: str) -> None:
    assert read_date(text) is None


def test_cst_is_what_the_caller_says() -> None:
    found = read_date("Fri, 24 Jun 2022 09:30:00 CST", cst="-06:00")
    assert str(found) == "2022-06-24T09:30:00-06:00"


@given(st.text(max_size=60) | st.text("0123456789-/.:TZ年月日+ 上下午", max_size=30))
def test_never_raises_and_reads_its_own_output(text: str) -> None:
    found = read_date(text)
    if found is not None:
        assert read_date(found.text) == found


@given(
    st.datetimes(),
    st.sampled_from(("%a, %d %b %Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%a, 31 %b %Y %H:%M:%S")),
    st.sampled_from((" GMT", "Z", "+08:00", " +0800", " -0530", " +1500", " +1400", "-00:00", "")),
)
def test_the_usual_forms_are_read_as_by_all_the_others(at: datetime, form: str, zone: str) -> None:
    text = at.strftime(form).replace(f"{at.year} ", f"{at.year:04d} ") + zone
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dates, "_usual", lambda _: None)
        expected = read_date(text)
    assert read_date(text) == expected
