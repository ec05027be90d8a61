"""Dates in every form that feeds and pages use, each at its own precision; unknown, never guessed.

One family of patterns: ISO 8601 (W3CDTF and RFC 3339 among it), RFC 822/5322 and its looser
relatives, and Chinese forms. What is relative (昨天), has no year, or could be read in two ways
(03/04/2022) is None.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from syndicate.model import GivenDate

CHINA = "+08:00"
_LONGEST = 80  # characters; no date is longer

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february", "fev"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        1,
    )
    for name in names
}
_ZONES = {
    **dict.fromkeys(("gmt", "utc", "ut", "z", "wet"), "+00:00"),
    **dict.fromkeys(("est", "cdt"), "-05:00"),
    **dict.fromkeys(("edt", "ast"), "-04:00"),
    **dict.fromkeys(("mst", "pdt"), "-07:00"),
    **dict.fromkeys(("mdt",), "-06:00"),
    **dict.fromkeys(("pst", "akdt"), "-08:00"),
    **dict.fromkeys(("cet", "bst", "met"), "+01:00"),
    **dict.fromkeys(("cest", "eet", "mest"), "+02:00"),
    **dict.fromkeys(("eest", "msk"), "+03:00"),
    **dict.fromkeys(("hkt", "sgt"), CHINA),
    **dict.fromkeys(("jst", "kst"), "+09:00"),
    "ist": "+05:30",
}
_CHINESE_DIGITS = {**{c: n for n, c in enumerate("〇一二三四五六七八九")}, "零": 0, "○": 0, "两": 2}

_TIME = r"(?P<hour>\d{1,2})[:：](?P<minute>\d{2})(?:[:：](?P<second>\d{2})(?:[.,]\d+)?)?"
_ZONE = (
    r"(?P<zone>Z|(?:GMT|UTC|UT)?\s*[+-]\d{1,2}:?\d{2}|(?:GMT|UTC)\s*[+-]\d{1,2}|[+-]\d{2}"
    r"|[A-Za-z]{1,5})?(?:\s*\([^)]*\)|(?<=\d\d)\s+[A-Z]{2,5})?"  # +0800 CST, as Go prints it
)
_DAY_NAME = r"(?:(?P<weekday>[A-Za-z]{2,9})\.?(?:,\s*|\s+))?"
_ISO = re.compile(
    r"(?P<year>\d{4})(?:(?P<sep>[-/.])(?P<month>\d{1,2})(?:(?P=sep)(?P<day>\d{1,2}))?)?"
    rf"(?:(?:\s*[T ]\s*|\s+){_TIME}\s*(?P<half>[ap]\.?m\.?)?\s*{_ZONE})?",
    re.I,
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[T\s]?(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2}))?\s*"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?)?",
    re.I,
)
_ORDINAL = re.compile(r"(?P<year>\d{4})-?(?P<ordinal>\d{3})")
_WEEK = re.compile(r"(?P<year>\d{4})-?W(?P<week>\d{2})(?:-?(?P<weekday>[1-7]))?", re.I)
_RFC = re.compile(
    rf"{_DAY_NAME}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?P<name>[A-Za-z]{{3,9}})\.?,?[\s-]+"
    rf"(?P<year>\d{{4}}|\d{{2}})(?:,?\s*(?:at\s+)?{_TIME}\s*(?P<half>[ap]\.?m\.?)?\s*{_ZONE})?",
    re.I,
)
_AMERICAN = re.compile(
    rf"{_DAY_NAME}(?P<name>[A-Za-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+"
    rf"(?P<year>\d{{4}})(?:,?\s*(?:at\s+|-\s*)?{_TIME}\s*(?P<half>[ap]\.?m\.?)?\s*{_ZONE})?",
    re.I,
)
_ASCTIME = re.compile(
    rf"{_DAY_NAME}(?P<name>[A-Za-z]{{3,9}})\s+(?P<day>\d{{1,2}}),?\s+{_TIME}\s*"
    r"(?:(?P<zone>[A-Za-z]{1,5}|[+-]\d{2}:?\d{2})\s+)?(?P<year>\d{4})",
    re.I,
)
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})[\s-](?P<name>[A-Za-z]{{3,9}})[\s-](?P<day>\d{{1,2}})(?:,?\s*{_TIME}\s*{_ZONE})?",
    re.I,
)
# Either order of day and month is in use, so one of the two must be no month (or both the same)
_NUMBERS = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<sep>[/.-])(?P<second_>\d{{1,2}})(?P=sep)(?P<year>\d{{4}})"
    rf"(?:,?\s*{_TIME}\s*(?P<half>[ap]\.?m\.?)?\s*{_ZONE})?",
    re.I,
)
_MONTH_YEAR = re.compile(r"(?P<name>[A-Za-z]{3,9})\.?,?\s+(?P<year>\d{4})", re.I)
_CHINESE = re.compile(
    r"(?P<era>民國|民国|中華民國|公元)?\s*(?P<year>\d{2,4})\s*年\s*(?:(?P<month>\d{1,2})\s*月\s*"
    r"(?:(?P<day>\d{1,2})\s*[日号號]?)?)?\s*"
    r"(?:[(（]?(?:星期|周|週|礼拜|禮拜)[一二三四五六日天][)）]?)?\s*[,，]?\s*"
    r"(?:(?P<half>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚)?\s*"
    r"(?:(?P<hour>\d{1,2})\s*(?:[:：]\s*(?P<minute>\d{2})(?:\s*[:：]\s*(?P<second>\d{2}))?"
    r"|[时時点點]\s*(?:(?P<minute2>\d{1,2}|半)\s*分?\s*(?:(?P<second2>\d{1,2})\s*秒)?)?)))?\s*"
    + _ZONE
)
_WEEKDAY_HALF = re.compile(r"\s*[(（]?(?:星期|周|週)[一二三四五六日天][)）]?\s*(?=\d|上午|下午|$)")
_HALF_DAY = re.compile(r"(?P<head>.*\d)\s*(?P<half>上午|下午|晚上)\s*(?P<tail>\d{1,2}[:：].*)")
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")
_BARE_HOUR = re.compile(r"(?<![\d:])(\d{1,2})\s*([ap]\.?m\b\.?)", re.I)
_ISO_TIME = re.compile(r"(?<=\d)T(\d{2}):?(\d{2})?:?(\d{2})?(?=$|Z|[+-]|[.,]\d)", re.I)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_ZONE_IN_BRACKETS = re.compile(r"[(\[]((?:GMT|UTC)\s*[+-]\d{1,2}(?::?\d{2})?)[)\]]", re.I)
_ZONE_NAME = re.compile(r"(?<=[\dZz])\[[\w/+-]+\]$")  # RFC 9557, beside an offset
_CLOCK_ALONE = re.compile(r"T[\d:]+$")  # without a zone
_BEIJING = re.compile(r"\s*\(?北京(?:时间|時間)\)?\s*")
_IN_BRACKETS = re.compile(r"[\[(【〔](.*)[\])】〕]")
_NUMERAL = re.compile(
    r"(?<![期周週拜])(?:[〇○零一二三四五六七八九两]*十[一二三四五六七八九]?|[〇○零一二三四五六七八九两]+)"
)
# What programs write where they know no date: Go's zero time, and the clock's zero
_NEVER_SET = ("0001-01-01T00:00:00", "1970-01-01T00:00:00")
_LEAD = re.compile(r"^(?:发布于|发表于|更新于|刊于|(?:发布|发表|更新|刊发)?(?:时间|日期))\s*:?\s*")
_TAIL = re.compile(r"\s*(?:发布|发表|更新|刊登|讯)$")


# The two forms in which nearly every feed writes its dates (RFC 822, RFC 3339), at a tenth of the
# time that trying all forms takes; whatever is odd about them is left to those
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_USUAL_RFC = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    rf" (\d{{4}}) ({_CLOCK}) (?:GMT|([+-](?:0\d|1[0-3]))([0-5]\d))",
    re.ASCII,
)
_USUAL_ISO = re.compile(rf"(\d{{4}}-\d\d-\d\dT{_CLOCK})(Z|[+-](?:0\d|1[0-3]):[0-5]\d)", re.ASCII)


def _usual(text: str) -> GivenDate | None:
    if _USUAL_ISO.fullmatch(text):
        return GivenDate(text)
    if match := _USUAL_RFC.fullmatch(text):
        day, month, year, clock, hours, minutes = match.groups()
        zone = f"{hours}:{minutes}" if hours else "+00:00"
        return GivenDate(f"{year}-{_MONTHS[month.lower()]:02d}-{day}T{clock}{zone}")
    return None


def read_date(text: str | None, *, cst: str = CHINA) -> GivenDate | None:
    """The date that a text is, with the precision and offset that it states; None if it is none.

    A zone stated by name is an offset (GMT: `+00:00`), `Z` stays `Z`; one that is unknown leaves
    the time without offset. `cst` is what the zone name CST means; to the
    feeds that we read it is China's.
    """
    if not text or len(text) > _LONGEST * 4:
        return None
    try:
        found = _usual(text) or _any_form(text, cst)
    except (ValueError, OverflowError):  # a day that no calendar has
        return None
    return None if found is None or found.text.startswith(_NEVER_SET) else found


def _any_form(text: str, cst: str) -> GivenDate | None:
    cleaned = " ".join(unicodedata.normalize("NFKC", text).split())
    cleaned = _LEAD.sub("", _TAIL.sub("", cleaned.strip(" ,;|。·").translate(_DASHES)))
    cleaned = _ZONE_IN_BRACKETS.sub(r"\1", cleaned)
    if re.search(r"(?:Z|[+-]\d\d:?\d\d)\[", cleaned, re.I):
        cleaned = _ZONE_NAME.sub("", cleaned)
    if inner := _IN_BRACKETS.fullmatch(cleaned):
        cleaned = inner[1].strip()
    if not cleaned or len(cleaned) > _LONGEST:
        return None
    beijing = _BEIJING.search(cleaned)
    if beijing is not None:
        cleaned = _BEIJING.sub(" ", cleaned).strip()
    for reader in _READERS:
        found = reader(cleaned, cst)
        if found is not None:
            is_local = beijing is not None and _CLOCK_ALONE.search(found.text)
            return GivenDate(found.text + CHINA) if is_local else found
    return None


def _iso(text: str, cst: str) -> GivenDate | None:
    text = _ISO_TIME.sub(_with_colons, _WEEKDAY_HALF.sub(" ", text))
    if match := _ISO.fullmatch(text.strip()):
        return _made(match.groupdict(), cst)
    if match := _HALF_DAY.fullmatch(text):
        inner = _ISO.fullmatch(f"{match['head']} {match['tail']}".strip())
        if inner:
            return _made({**inner.groupdict(), "half": match["half"]}, cst)
    return None


def _with_colons(match: re.Match[str]) -> str:
    """`T0930` as `T09:30`, `T09` as `T09:00`."""
    return f"T{match[1]}:{match[2] or '00'}" + (f":{match[3]}" if match[3] else "")


def _compact(text: str, cst: str) -> GivenDate | None:
    match = _COMPACT.fullmatch(text)
    return _made(match.groupdict(), cst) if match else None


def _week_or_ordinal(text: str, cst: str) -> GivenDate | None:
    day, _, time = text.partition("T")
    if match := _WEEK.fullmatch(day):
        found = date.fromisocalendar(
            int(match["year"]), int(match["week"]), int(match["weekday"] or 1)
        )
    elif match := _ORDINAL.fullmatch(day):
        found = date(int(match["year"]), 1, 1) + timedelta(days=int(match["ordinal"]) - 1)
        if found.year != int(match["year"]):
            return None
    else:
        return None
    return _iso(f"{found.isoformat()}T{time}" if time else found.isoformat(), cst)


def _named_month(text: str, cst: str) -> GivenDate | None:
    text = _BARE_HOUR.sub(r"\1:00 \2", text)
    for pattern in (_RFC, _AMERICAN, _ASCTIME, _YEAR_FIRST, _MONTH_YEAR):
        match = pattern.fullmatch(text)
        if match and match["name"].lower() in _MONTHS:
            fields = match.groupdict()
            fields["month"] = str(_MONTHS[match["name"].lower()])
            return _made(fields, cst)
    return None


def _numbers(text: str, cst: str) -> GivenDate | None:
    match = _NUMBERS.fullmatch(text)
    if not match:
        return None
    fields = match.groupdict()
    first, second = fields["first"], fields["second_"]
    if int(first) <= 12 and int(second) <= 12 and int(first) != int(second):
        return None
    month, day = (second, first) if int(first) > 12 else (first, second)
    return _made({**fields, "month": month, "day": day}, cst)


def _chinese(text: str, cst: str) -> GivenDate | None:
    match = _CHINESE.fullmatch(_arabic(text))
    if not match:
        return None
    fields = match.groupdict()
    fields["minute"] = fields["minute"] or fields["minute2"] or ("00" if fields["hour"] else None)
    if fields["minute"] == "半":
        fields["minute"] = "30"
    fields["second"] = fields["second"] or fields["second2"]
    if fields["era"] in ("民國", "民国", "中華民國"):
        fields["year"] = str(int(fields["year"]) + 1911)
    elif len(fields["year"]) != 4:
        return None
    return _made(fields, cst)


def _arabic(text: str) -> str:
    """Chinese numerals in dates as digits: 二〇二二年十二月二十日 → 2022年12月20日.

    The day of the week keeps its own (星期三).
    """
    text = text.replace("廿", "二十").replace("卅", "三十").replace("元月", "一月")
    if not re.search(r"[〇○零一二三四五六七八九十]+\s*[年月日号號时時点點]", text):
        return text
    return _NUMERAL.sub(_digits, text)


def _digits(match: re.Match[str]) -> str:
    """ValueError for what is no numeral (二〇十五)."""
    word = match[0]
    if "十" not in word:
        return "".join(str(_CHINESE_DIGITS[c]) for c in word)
    tens, _, ones = word.partition("十")
    if len(tens) > 1:
        raise ValueError(word)
    first = _CHINESE_DIGITS[tens] if tens else 1
    return str(first * 10 + (_CHINESE_DIGITS[ones] if ones else 0))


def _epoch(text: str, _cst: str) -> GivenDate | None:
    if not _EPOCH.fullmatch(text):
        return None
    at = datetime.fromtimestamp(int(text[:10]), UTC)
    return GivenDate(at.strftime("%Y-%m-%dT%H:%M:%S") + "Z")


def _made(fields: dict[str, str | None], cst: str) -> GivenDate | None:
    year = _year(fields.get("year") or "")
    if year is None or not 1 <= year <= 9999:
        return None
    text = f"{year:04d}"
    for name in ("month", "day"):
        if fields.get(name) is None:
            return GivenDate(text) if not fields.get("hour") else None
        text += f"-{int(fields[name] or 0):02d}"
    if fields.get("hour") is None:
        return GivenDate(text)
    hour = _hour(int(fields["hour"] or 0), fields.get("half"))
    minute, second = fields.get("minute") or "00", fields.get("second")
    offset = _offset(fields.get("zone"), cst)
    if offset is None:
        return None
    if hour == 24 and int(minute) == 0:
        after = date.fromisoformat(text) + timedelta(days=1)
        text, hour = after.isoformat(), 0
    if second == "60":  # a leap second: no clock here has it
        second = "59"
    return GivenDate(f"{text}T{hour:02d}:{minute}{':' + second if second else ''}{offset}")


def _year(text: str) -> int | None:
    if len(text) == 4:
        return int(text)
    if len(text) == 2:  # RFC 5322, 4.3
        return int(text) + (2000 if int(text) < 50 else 1900)
    return None


def _hour(hour: int, half: str | None) -> int:
    """The hour of 24; ValueError for what can be read in two ways (晚上12点, 上午12:30)."""
    if not half:
        return hour
    if hour == 12 and (half[0] in "上晚" or half == "傍晚"):
        raise ValueError(f"{half}{hour}")
    if half[0] in "pP下傍晚" and hour < 12:
        return hour + 12
    if half == "中午" and hour < 11:
        return hour + 12
    if half[0] in "aA凌" and hour == 12:
        return 0
    return hour


def _offset(zone: str | None, cst: str) -> str | None:
    """`+08:00`, "" where none is stated, None where it is a word that names no zone."""
    if not zone:
        return ""
    name = zone.strip().lower()
    if name == "z":
        return "Z"
    if name == "cst":
        return cst
    if name in _ZONES:
        return _ZONES[name]
    match = re.fullmatch(r"(?:gmt|utc|ut)?\s*([+-])(\d{1,2}):?(\d{2})?", name)
    if match is None:
        return "" if name.isalpha() and len(name) <= 5 and name not in ("am", "pm") else None
    hours, minutes = int(match[2]), int(match[3] or 0)
    if hours > 14 or minutes > 59:
        return ""
    return f"{match[1]}{hours:02d}:{minutes:02d}"


_READERS: tuple[Callable[[str, str], GivenDate | None], ...] = (
    _iso,
    _compact,
    _week_or_ordinal,
    _named_month,
    _numbers,
    _chinese,
    _epoch,
)
