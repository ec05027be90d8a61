"""Labels that pages and texts put before what is known of an article: 来源：…, 作者：…

One table for all readers: which words mean which field, where a value ends, what only looks like
a label (图片来源 is where a picture is from, not the article).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from syndicate.core import dates, names, prefilter
from syndicate.model import Evidence, GivenDate, Person

# Longest first within a field; the order of fields decides nothing
LABELS: dict[str, tuple[str, ...]] = {
    "source": (
        *(
            "文章来源",
            "信息来源",
            "稿件来源",
            "新闻来源",
            "内容来源",
            "资讯来源",
            "来源于",
            "来源自",
        ),
        *(
            "信息来源于",
            "文章出处",
            "出处",
            "来源",
            "來源",
            "稿源",
            "来自",
            "发布机构",
            "发布单位",
            "供稿单位",
        ),
        *("信息来源单位", "source", "originally published by", "published by"),
    ),
    "author": (
        *(
            "文章作者",
            "本文作者",
            "作者",
            "撰文",
            "撰稿人",
            "撰稿",
            "文字",
            "供稿人",
            "供稿",
            "记者",
        ),
        *("author", "authors", "written by", "by"),
    ),
    "editor": (
        *(
            "责任编辑",
            "責任編輯",
            "网络编辑",
            "网站编辑",
            "执行编辑",
            "本文编辑",
            "编辑人",
            "责编",
            "編輯",
            "编辑",
        ),
        *("editor", "edited by"),
    ),
    "published": (
        *(
            "发布时间",
            "发布日期",
            "發佈時間",
            "发表时间",
            "发表日期",
            "发文日期",
            "成文日期",
            "公布日期",
        ),
        *(
            "刊发时间",
            "时间",
            "日期",
            "發布時間",
            "发布于",
            "发表于",
            "published",
            "publication date",
        ),
        *("date", "posted on", "posted", "published on"),
    ),
    "updated": (
        *("最后更新时间", "最后更新", "更新时间", "更新日期", "修改时间", "更新于"),
        *("last updated", "updated", "last modified"),
    ),
    "original_url": (
        *(
            "原文链接",
            "原文链接地址",
            "原文地址",
            "原文网址",
            "原始链接",
            "来源链接",
            "来源网址",
            "文章链接",
        ),
        *("阅读原文", "查看原文", "原文出处", "原链接", "原文", "original link", "original url"),
        *("original article", "original", "read the original", "source url"),
    ),
    "original_title": ("原文标题", "原标题", "原題", "原题", "original title", "original headline"),
    "via": (
        *("转载自", "转自", "轉載自", "本文转自", "本文转载自", "文章转自", "转载于"),
        *("republished from", "reprinted from", "via"),
    ),
    "embargo": (
        *("禁发至", "禁发期至", "禁发时间至", "解禁时间", "解禁日期", "稿件解禁时间"),
        *("embargoed until", "embargo until", "under embargo until", "embargo"),
    ),
    "rights": ("版权声明", "版权", "copyright", "rights"),
    "licence": ("许可协议", "授权协议", "许可", "licence", "license"),
    # Known, and not ours: they only end the value before them
    "other": (
        *(
            "浏览次数",
            "浏览量",
            "浏览",
            "阅读量",
            "阅读次数",
            "阅读",
            "点击数",
            "点击量",
            "点击率",
            "点击",
        ),
        *(
            "访问量",
            "人气",
            "字号",
            "字体",
            "字体大小",
            "打印",
            "分享到",
            "分享",
            "关键词",
            "关键字",
            "标签",
        ),
        *(
            "栏目",
            "分类",
            "所属栏目",
            "审核",
            "校对",
            "校对人",
            "二审",
            "三审",
            "终审",
            "监制",
            "值班编委",
        ),
        *(
            "索引号",
            "文号",
            "主题词",
            "摄影",
            "制图",
            "制作",
            "翻译",
            "投稿邮箱",
            "联系电话",
            "views",
            "tags",
        ),
        *("category", "keywords", "comments", "share", "print", "评论", "收藏", "纠错", "图片来源"),
        *("资料来源", "数据来源", "图源", "图片", "视频来源", "题图来源", "照片来源", "制表"),
        *("配图来源", "素材来源", "图表来源", "图片作者", "摄影作者", "原作者", "作者单位"),
        *("作者简介", "总编辑", "签发"),
    ),
}
_TRADITIONAL = str.maketrans(
    "来编辑责时间发转载题标链连结处记网络执图资数视频单撰终监点击浏览签摄关键评论对",
    "來編輯責時間發轉載題標鏈連結處記網絡執圖資數視頻單撰終監點擊瀏覽簽攝關鍵評論對",
)


def _spellings(label: str) -> set[str]:
    """A label as it stands, and as Taiwan and Hong Kong write it (發布 and 發佈)."""
    other = label.translate(_TRADITIONAL)
    return {label, other, other.replace("發布", "發佈")}


_FIELD = {
    spelling: field
    for field, labels in LABELS.items()
    for label in labels
    for spelling in _spellings(label)
}
_WORDS = sorted(_FIELD, key=len, reverse=True)


def _spaced(label: str) -> str:
    """A label whose two characters may be set apart: 来　源."""
    if len(label) == 2 and not label.isascii():
        return rf"{label[0]}[ \t\u3000]*{label[1]}"
    return re.escape(label).replace(r"\ ", r"\s+")


_ANY = "|".join(_spaced(word) for word in _WORDS)
# Labels that are one even when glued to what stands before them (证券时报网作者：…); first those
# that end with the name of another (本文图片来源：…)
_STRONG = (
    "[图圖]片[来來]源|[资資]料[来來]源|[数數]据[来來]源|[视視][频頻][来來]源|照片[来來]源|配[图圖][来來]源"
    "|素材[来來]源|[图圖]表[来來]源|[图圖]片作者|[摄攝]影作者|原作者|作者[单單]位|作者[简簡]介|[总總][编編][辑輯]"
    "|文章[来來]源|信息[来來]源|[来來]源|作者|[责責]任[编編][辑輯]|[责責][编編]|[发發][布佈](?:[时時][间間]|日期)"
    "|原文[链鏈][接]|[浏瀏][览覽]次[数數]|[点點][击擊][数數]|[记記]者|[编編][辑輯]|[时時][间間](?=\\s*[:：]\\s*\\d{4})"
    "|日期(?=\\s*[:：]\\s*\\d{4})"
)
# What only ends the value before it where it is glued: of a meeting, not of the article (会议时间)
_GLUED_OTHER = re.compile(r"[时時][间間]|日期")
_LABEL = re.compile(
    rf"(?:(?<![\u4e00-\u9fffA-Za-z])(?P<label>{_ANY})|(?P<glued>{_STRONG}))"
    r"[ \t\u3000]*[:：][ \t\u3000]*"
    r"|(?<=[【\[])(?P<boxed>来源|來源|作者|责任编辑|编辑|发布时间|时间|日期)[】\]](?=[^\s:：])",
    re.I,
)
# Labels that are one even without a colon, when what follows them is set off by a space
_BARE = re.compile(
    r"(?:^|(?<=[\s|｜]))(?P<label>来源于|来源自|文章来源|信息来源|稿件来源|稿源|来源|来源单位|作者|编辑|发表时间|更新时间|责任编辑|责编|发布时间|发布日期|转载自|转自|发布机构|发布单位|发文日期|公布日期)"
    r"[ \t\u3000]+(?=\S)"
)
# An English byline: By Jane Doe and John Smith | June 24, 2022
_BY = re.compile(
    r"^(?P<label>[Bb]y|BY|[Ww]ritten by)\s+"
    r"(?P<names>[A-Z][\w.'’-]*(?:,?\s+(?:and\s+|&\s+)?(?:[A-Z][\w.'’-]*|de|da|van|von|der|la|bin))*)"
    r"(?=$|\s*[|｜·•—–,(]|\s+-\s|\s{2,})"
)
_ANY_LABEL = re.compile(rf"{_LABEL.pattern}|{_BARE.pattern.replace('?P<label>', '?P<bare>')}", re.I)
_END = re.compile(r"[ \t\u3000]{2,}|[|｜\t\u2003]|\s[-—–·]\s|(?<=\S)[ \u3000]+(?=\d{4}[-年/.])")
_sign = prefilter.sign(
    r"来\s*源|來源|稿源|出处|作\s*者|编辑|責編|责编|原标题|原文|转自|转载自|轉載自|撰文|发布|刊发|"
    r"發佈|發布|轉自|編輯|原標題|禁发|解禁|source|author|original|republished|reprinted|embargo|\bby\b"
)
_URL = re.compile(r"https?://[^\s<>\"'，。；、）)】\]]+", re.I)
_NAME_LENGTH = 15  # what is longer and ends with a full stop is a sentence
_NAMED = frozenset({"source", "author", "editor", "via"})
_OPENING, _CLOSING = "(（[【〔", ")）]】〕"
_LONGEST = {"source": 60, "author": 60, "editor": 40, "via": 60, "original_title": 200}
_TO_THE_END = frozenset(
    ("original_url", "published", "updated", "rights", "licence", "original_title", "embargo")
)
_BRACKETED_ROLE = re.compile(r"\s*[(（](?:记者|作者|通讯员|责任编辑|编辑|文)")
_BRACKETED = re.compile(r"[(（\[【]([^()（）\[\]【】]{3,80})[)）\]】]\s*$")
_SENTENCE = re.compile(r"[。！？!?]")
# What stands on a page behind a value and is no part of it: buttons, counts, the next matter
_FURNITURE = re.compile(
    r"[ \t\u3000]*[【\[(（]?(?:打印|關閉|关闭|字体|字號|字号|大[ \u3000]+中[ \u3000]+小|分享"
    r"|举报|收藏|纠错|我要(?:评论|纠错)|参与互动|评论|更新于|我有话说|手机看新闻|阅读原文)"
    r"(?:[ \t\u3000:：(（【】\])）\d]|$)"
)
_AT_DATE = re.compile(r"(?<![\d(（])[ \t\u3000]*(?=\d{4}[-年/.]\d{1,2})")
_ROLE_BEHIND = re.compile(
    r"[ \t\u3000]+(?=(?:记者|記者|通讯员|作者|责编|编辑)[ \u3000]*[\u4e00-\u9fff])"
)
_TEXT_BEHIND = re.compile(r"(?<=[\u4e00-\u9fff]{2})[ \u3000]+(?=[^ \u3000]{4,}[，。；])")
_UTTERED = re.compile(r"[。！？][^)）】\]\s]|[！？?]$")
# Whoever speaks in an interview (记者：好的。) is no author
_SPEAKERS = frozenset({"记者", "記者", "编辑", "編輯", "文字"})
_NAME_ALONE = re.compile(
    r"(?:[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff][ \u3000]+[\u4e00-\u9fff]|[\u4e00-\u9fff]+·"
    r"[\u4e00-\u9fff·]+|[A-Z][\w.'’ -]*)(?:[(（][^()（）]{1,12}[)）])?"
)
_NOTHING = frozenset({"无", "無", "暂无", "null", "none", "undefined", "n/a", "nan"})


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value that stands behind a label; `field` is a key of LABELS."""

    field: str
    label: str
    value: str


def scan(line: str, *, bare: bool = True) -> Iterator[Labelled]:
    """Every label in a line with its value, which ends at the next label or a wide gap.

    An empty label (来源： with nothing behind) gives no value. `bare`: also labels without colon.
    """
    if bare and (by := _BY.match(line)):
        yield Labelled("author", by["label"], by["names"].strip(" ,"))
        line = line[by.end() :]
    pattern = _ANY_LABEL if bare else _LABEL
    found = list(pattern.finditer(line))
    for index, match in enumerate(found):
        end = found[index + 1].start() if index + 1 < len(found) else len(line)
        label = (
            match["label"] or match["glued"] or match["boxed"] or (match["bare"] if bare else "")
        )
        field = "other" if not index and _is_of_another(match) else field_of(label)
        value = _value(field, line[match.end() : end])
        if value and (label not in _SPEAKERS or _is_of_names(value)):
            yield Labelled(field, label, value)


def _is_of_names(value: str) -> bool:
    people = names.split_names(value)
    return (
        bool(people)
        and not value.endswith("。")
        and all(_NAME_ALONE.fullmatch(name) for name in people)
    )


def _is_of_another(match: re.Match[str]) -> bool:
    return bool(match["glued"] and _GLUED_OTHER.fullmatch(match["glued"]))


def is_speech(line: str) -> bool:
    """Whether a line is what somebody says in an interview (记者：请您谈谈…), not who wrote it."""
    who, _, said = re.sub("：", ":", line, count=1).partition(":")
    return who.strip() in _SPEAKERS and bool(said.strip()) and not _is_of_names(said.strip())


def is_other_time(each: Labelled) -> bool:
    """Whether a label dates something that is not the article (会议时间：…)."""
    return each.field == "other" and _GLUED_OTHER.fullmatch(each.label) is not None


def unwrapped(line: str) -> str:
    """A line without the brackets around it: （责编：李丹、王五(实习生)） keeps the inner ones."""
    text = line.strip()
    while text[:1] in _OPENING and text:
        text = text[1:-1].strip() if text[-1:] in _CLOSING else text[1:].strip()
    return text


def count(line: str) -> int:
    """How many labels with a colon a line has, those without value among them."""
    return sum(1 for _ in _LABEL.finditer(line))


def before(line: str) -> str:
    """What stands before the first label of a line; all of it where there is none."""
    match = _ANY_LABEL.search(line)
    return (line[: match.start()] if match else line).strip(" |｜\t\u3000")


def field_of(label: str) -> str:
    """The field that a label means, "" for none; spaces within and colons behind do not count."""
    folded = re.sub(r"[\s\u3000]+", "" if not label.isascii() else " ", label.strip(" :：\u3000"))
    return _FIELD.get(folded.lower(), "")


def _value(field: str, text: str) -> str:
    text = text.strip(" \t\u3000:：")
    if field in _TO_THE_END:
        text = re.split(r"[|｜\t]|[ \u3000]{3,}", text, maxsplit=1)[0]
    elif field == "author" or field == "editor":
        text = re.split(
            r"[|｜\t]|[ \u3000]{4,}|(?<=\S)[ \u3000]+(?=\d{4}[-年/.])", text, maxsplit=1
        )[0]
    else:
        text = _END.split(text, maxsplit=1)[0]
        text = _BRACKETED_ROLE.split(text, maxsplit=1)[0]
    if field in _NAMED:
        text = _of_name(field, text)
    text = text.strip(" \t\u3000,，;；、|-—/")
    for opening, closing in ("(（", ")）"), ("[【", "]】"):
        if sum(map(text.count, opening)) != sum(map(text.count, closing)):
            text = text.strip(opening + closing + " ")
    return text if len(text) <= _LONGEST.get(field, 300) else ""


def _of_name(field: str, text: str) -> str:
    """The name of a medium or person that a text begins with, "" where it is none."""
    text = _FURNITURE.split(_AT_DATE.split(text, maxsplit=1)[0], maxsplit=1)[0].rstrip()
    if field != "author":
        text = _ROLE_BEHIND.split(text, maxsplit=1)[0]
        text = _TEXT_BEHIND.split(text, maxsplit=1)[0]
    for opening, closing in zip(_OPENING, _CLOSING, strict=True):
        at = text.find(closing)
        if at >= 0 and opening not in text[:at]:
            text = text[:at]
    stated = text.lower() not in _NOTHING and any(map(str.isalnum, text))
    is_sentence = _UTTERED.search(text) or (len(text) > _NAME_LENGTH and text.endswith("。"))
    return text if stated and not is_sentence else ""


@dataclass(frozen=True, slots=True)
class Inferred:
    """What a text says of its own origin, each with its evidence."""

    source: str | None = None
    authors: tuple[Person, ...] = ()
    editor: str | None = None
    original_title: str | None = None
    original_url: str | None = None
    published: GivenDate | None = None
    embargo: str | None = None  # in words, which may be no date
    evidence: tuple[Evidence, ...] = ()


NOTHING = Inferred()
_HEAD_LINES, _TAIL_LINES = 4, 5
_LINE_LENGTH = 160


def read_inline(text: str) -> Inferred:
    """What the first and last lines of an article's text say: 来源：…, （作者：…）, 原标题：…

    Only short lines count, and only those that begin with a label or stand in brackets at the
    end: in running text a word with a colon is no statement about the article.
    """
    if not _speaks(text[:400]) and (len(text) <= 400 or not _speaks(text[-400:])):
        return NOTHING
    found: dict[str, Labelled] = {}
    for line in _edges(text):
        for labelled in scan(line, bare=False):
            found.setdefault(labelled.field, labelled)
    found.pop("other", None)
    return _inferred(found) if found else NOTHING


def _speaks(text: str) -> bool:
    return ("：" in text or ":" in text) and _sign(text)


def _edges(text: str) -> Iterator[str]:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    picked = lines[:_HEAD_LINES] + lines[max(_HEAD_LINES, len(lines) - _TAIL_LINES) :]
    for line in picked:
        bracketed = _BRACKETED.search(line)
        if bracketed and _LABEL.match(bracketed[1]):
            yield bracketed[1]
        elif len(line) <= _LINE_LENGTH:
            inner = unwrapped(line)
            match = _LABEL.match(inner)
            if match and not _SENTENCE.search(inner[:-1]):
                yield inner


def _inferred(found: dict[str, Labelled]) -> Inferred:
    source = found.get("source") or found.get("via")
    url = found.get("original_url")
    address = _URL.search(url.value) if url else None
    published = dates.read_date(found["published"].value) if "published" in found else None
    author = found.get("author")
    people = tuple(Person(n) for n in names.split_names(author.value)) if author else ()
    editor = found.get("editor")
    title = found.get("original_title")
    evidence = [
        Evidence(name, f"the label {labelled.label} in the text", labelled.value)
        for name, labelled in (
            ("source", source),
            ("authors", author),
            ("editor", editor),
            ("original_title", title),
            ("original_url", url if address else None),
            ("published", found.get("published") if published else None),
            ("embargo", found.get("embargo")),
        )
        if labelled is not None
    ]
    return Inferred(
        source=source.value if source else None,
        authors=people,
        editor=editor.value if editor else None,
        original_title=title.value if title else None,
        original_url=address[0] if address else None,
        published=published,
        embargo=found["embargo"].value if "embargo" in found else None,
        evidence=tuple(evidence),
    )


_NAME = r"[\u4e00-\u9fff·]{2,5}"
_BYLINE = re.compile(
    r"[\s【\[(（]*(?:文\s*[/／｜|丨]\s*(?:图\s*[/／｜|丨]\s*)?)?(?:[《「]?[\u4e00-\u9fffA-Za-z·]{0,12}[》」]?)?"
    r"(?:记者|記者|作者|通讯员|撰稿人|评论员|撰文|特派员)[\s:：丨|/／]+"
    rf"(?P<names>{_NAME}(?:[\s、，,/]+(?:通讯员\s*)?{_NAME}){{0,5}})[\s】\])）]*"
)
_TEXT_BY = re.compile(
    rf"[\s【\[(（]*文(?:字)?\s*[/／｜|丨]\s*(?P<names>{_NAME}(?:[\s、，,/]+{_NAME}){{0,4}})[\s】\])）]*"
)


def byline(line: str) -> str | None:
    """The names in a line that is nothing but a byline: 本报记者 李明, 【文/某网 作者 李明】."""
    if len(line) > 60:
        return None
    match = _BYLINE.fullmatch(line) or _TEXT_BY.fullmatch(line)
    return match["names"] if match else None


def first_url(text: str) -> str | None:
    """The first web address in a text."""
    match = _URL.search(text)
    return match[0] if match else None
