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
    ),
}
_FIELD = {label: field for field, labels in LABELS.items() for label in labels}
_WORDS = sorted(_FIELD, key=len, reverse=True)


def _spaced(label: str) -> str:
    """A label whose two characters may be set apart: 来　源."""
    if len(label) == 2 and not label.isascii():
        return rf"{label[0]}[ \t\u3000]*{label[1]}"
    return re.escape(label).replace(r"\ ", r"\s+")


_ANY = "|".join(_spaced(word) for word in _WORDS)
# Labels that are one even when glued to what stands before them (证券时报网作者：…)
_STRONG = "文章来源|信息来源|来源|作者|责任编辑|责编|发布时间|发布日期|原文链接|浏览次数|点击数"
_LABEL = re.compile(
    rf"(?:(?<![\u4e00-\u9fffA-Za-z])(?P<label>{_ANY})|(?P<glued>{_STRONG}))"
    r"[ \t\u3000]*[:：][ \t\u3000]*",
    re.I,
)
# Labels that are one even without a colon, when what follows them is set off by a space
_BARE = re.compile(
    r"(?:^|(?<=[\s|｜]))(?P<label>来源于|来源自|文章来源|信息来源|稿件来源|稿源|来源|作者|编辑|发表时间|更新时间|责任编辑|责编|发布时间|发布日期|转载自|转自)"
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
    r"禁发|解禁|source|author|original|republished|reprinted|embargo|\bby\b"
)
_URL = re.compile(r"https?://[^\s<>\"'，。；、）)】\]]+", re.I)
_LONGEST = {"source": 60, "author": 60, "editor": 40, "via": 60, "original_title": 200}
_TO_THE_END = frozenset(
    ("original_url", "published", "updated", "rights", "licence", "original_title", "embargo")
)
_BRACKETED_ROLE = re.compile(r"\s*[(（](?:记者|作者|通讯员|责任编辑|编辑|文)")
_CLOSED = re.compile(r"^[\s(（\[【]+|[\s)）\]】]+$")
_BRACKETED = re.compile(r"[(（\[【]([^()（）\[\]【】]{3,80})[)）\]】]\s*$")
_SENTENCE = re.compile(r"[。！？!?]")


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
        label = match["label"] or match["glued"] or (match["bare"] if bare else "")
        field = field_of(label)
        value = _value(field, line[match.end() : end])
        if value:
            yield Labelled(field, label, value)


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
    text = text.strip(" \t\u3000,，;；、|-—")
    if text.count("(") + text.count("（") != text.count(")") + text.count("）"):
        text = text.strip("()（）")
    return text if len(text) <= _LONGEST.get(field, 300) else ""


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
            inner = _CLOSED.sub("", line)
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
