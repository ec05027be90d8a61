"""What a text is marked as, and must stay marked as: 广告, sponsored, AI-generated, 更正.

Read where feeds, pages and texts say it, word for word; never guessed from what a text is about.
Only a line or a bracket that says nothing else counts, at the head or the end of an article.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from syndicate.core import prefilter
from syndicate.core.folding import fold
from syndicate.core.words import Words
from syndicate.model import Label

KINDS = ("advertisement", "sponsored", "ai", "correction", "label")
SCHEME = "tag:syndicate.invalid,2026:labels"  # of our categories: their terms are KINDS
# IPTC NewsCodes, Digital Source Type; C2PA's `digitalSourceType` has the same values
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SCHEMA_ORG = "https://schema.org/"
# The terms of it that say that a machine made or changed the content
_MADE = {
    name.lower(): name
    for name in (
        "trainedAlgorithmicMedia",
        "trainedAlgorithmicData",
        "compositeWithTrainedAlgorithmicMedia",
        "compositeSynthetic",
        "algorithmicMedia",
        "algorithmicallyEnhanced",
    )
}
_WORDS = {
    "advertisement": (
        *("广告", "商业广告", "广告内容", "本文为广告", "本文系广告", "本内容为广告"),
        *("ad", "advert", "advertisement", "advertising"),
    ),
    "sponsored": (
        *("推广", "商业推广", "推广内容", "推广信息", "品牌推广", "合作推广", "商务合作"),
        *("赞助", "赞助内容", "软文", "本文为推广", "本文系推广", "本文为商业推广"),
        *("sponsored", "sponsored content", "sponsored post", "sponsored article", "paid post"),
        *("paid content", "paid partnership", "promoted", "advertorial", "partner content"),
        *("brand content", "branded content", "this is a sponsored post"),
    ),
    "correction": ("更正", "更正启事", "更正声明", "勘误", "correction", "corrected"),
}  # fmt: skip
_KINDS = {fold(word): kind for kind, words in _WORDS.items() for word in words}
_AI = r"(?:aigc|ai|人工智能(?:技术|模型)?|大模型|大语言模型)"
_MADE_BY_AI = re.compile(
    rf"(?:(?:本|该|此)(?:文章|文|内容|稿件|稿|图片|图|视频|音频)|内容|文章|文字|图片|配图|视频)?"
    rf"(?:的?(?:部分|全部|主要|大部分))?(?:内容|文字|图片|配图)?"
    rf"(?:(?:均|系|是|为|由|经|使用|利用|借助|通过|含有|含|包含)*\s?{_AI}\s?(?:工具|软件|助手)?"
    rf"(?:辅助)?(?:生成|合成)"
    rf"|(?:均|系|是|为)?(?:由|经|使用|利用|借助|通过)\s?{_AI}\s?(?:工具|软件|助手)?(?:辅助)?"
    r"(?:创作|撰写|写作|制作|翻译))(?:合成)?(?:的)?(?:内容|文章|图片|视频|稿件)?"
    r"(?:[,，]\s?(?:仅供参考|请?(?:注意|仔细)?甄别|请注意辨别|经人工(?:审核|编辑)))?"
    r"|(?:this (?:article|text|content|story|image) (?:was|is|has been) )?"
    r"(?:partly |partially |fully )?(?:ai[- ]generated|ai[- ]assisted"
    r"|(?:generated|created|written|produced) (?:by|with|using) (?:ai|artificial intelligence"
    r"|generative ai))(?: content| article| text| image)?"
)
_SPONSOR = re.compile(
    r"本(?:文|内容)由.{1,30}(?:赞助|提供赞助)(?:播出|发布)?"
    r"|(?:sponsored|paid for|brought to you) by .{1,60}"
)
_CORRECTION = re.compile(
    r"(?:更正(?:启事|声明|说明)?|勘误|corrections?|this article has been corrected)\s*[:：]\s*\S",
    re.I,
)
# Categories are subjects as well: of these no reader would think so
_CATEGORIES = {
    **dict.fromkeys(("广告", "商业广告", "advertisement"), "advertisement"),
    **dict.fromkeys(("软文", "商业推广", "推广内容", "赞助内容"), "sponsored"),
    **dict.fromkeys(("sponsored", "sponsored content", "sponsored post"), "sponsored"),
    **dict.fromkeys(("paid content", "paid post", "advertorial"), "sponsored"),
    **dict.fromkeys(("ai生成", "ai生成内容", "人工智能生成", "ai-generated", "ai generated"), "ai"),
}
# Alone on a line these name a place for advertisements on the page as well
_SLOTS = frozenset(
    ("ad", "advert", "advertisement", "advertising", "sponsored", "promoted", "推广", "赞助")
)
_BRACKETS = "()（）[]【】〔〕<>《》「」『』* \t\u3000"
_OPENS = re.compile(r"^\s*[\[【(（〔「](?P<said>[^\]】)）〕」]{1,40})[\]】)）〕」]")
_ENDS = re.compile(r"[\[【(（〔「](?P<said>[^\]】)）〕」]{1,40})[\]】)）〕」]\s*$")
_BEFORE = re.compile(r"^\s*(?P<said>[^\s丨|｜]{2,12})\s*[丨|｜]")
_HEAD, _TAIL = 3, 4  # lines that are looked at
_LINE, _LONG = 60, 300  # characters: of a mark, of a correction
_sign = prefilter.sign(
    r"广告|廣告|推广|推廣|赞助|贊助|软文|商务合作|生成|合成|创作|創作|撰写|写作|制作|更正|勘误"
    r"|\bad\b|advert|sponsor|paid|promoted|partner|brand|\bai\b|ai-|artificial|generat|correct"
)


def kind_of(text: str) -> str | None:
    """What a short text marks a text as; None where it says something else."""
    if not text or len(text) > _LINE or not _sign(text):
        return None
    folded = fold(text.strip(_BRACKETS)).rstrip("。.!！:：")
    if folded in _KINDS:
        return _KINDS[folded]
    if _MADE_BY_AI.fullmatch(folded):
        return "ai"
    return "sponsored" if _SPONSOR.fullmatch(folded) else None


def stated(words: Iterable[str]) -> tuple[Label, ...]:
    """Labels that an author gives in so many words; what is not known is a label too."""
    return merged(label_of(text) for word in words if (text := " ".join(word.split())))


def label_of(text: str) -> Label:
    """The label that an author means by a word or address."""
    made = source_type(text)
    if made is not None:
        return made
    if fold(text) in KINDS:
        return Label(fold(text))
    kind = "correction" if _CORRECTION.match(text) else kind_of(text)
    return Label(kind or "label", text)


def categories(words: Iterable[str]) -> tuple[Label, ...]:
    """The labels among the categories of a feed's entry."""
    return tuple(
        Label(kind, word)
        for word in words
        if len(word) <= _LINE and (kind := _CATEGORIES.get(fold(word)))
    )


def source_type(text: str | None) -> Label | None:
    """What a digital source type says: an IPTC or schema.org address, or the term alone.

    None where it does not say that a machine made the content.
    """
    if not text or len(text) > 200:
        return None
    term = text.strip().rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    known = _MADE.get(term.removesuffix("DigitalSource").lower())
    return Label("ai", url=SOURCE_TYPES + known) if known else None


def schema_org(url: str | None) -> str | None:
    """The member of schema.org's IPTCDigitalSourceEnumeration for an IPTC address."""
    term = (url or "").removeprefix(SOURCE_TYPES)
    known = _MADE.get(term.lower())
    return f"{_SCHEMA_ORG}{known[0].upper()}{known[1:]}DigitalSource" if known else None


def read_inline(title: str, text: str) -> tuple[tuple[Label, str], ...]:
    """What the title and the first and last lines of a text mark it as, each with where."""
    found = [(label, "the title") for label in _of_title(title)]
    if _sign(text[-900:]) or (len(text) > 900 and _sign(text[:400])):
        found += [
            (label, "the text")
            for number, line in enumerate(_edges(text))
            for label in _of_line(line, number == 0)
        ]
    return tuple(dict.fromkeys(found))


def _of_title(title: str) -> Iterator[Label]:
    if not _sign(title):
        return
    for pattern in (_OPENS, _ENDS, _BEFORE):
        match = pattern.search(title)
        kind = kind_of(match["said"]) if match else None
        if match and kind and (pattern is not _ENDS or kind != "sponsored"):
            yield Label(kind, match["said"].strip())


def _edges(text: str) -> list[str]:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return lines[:_HEAD] + lines[max(_HEAD, len(lines) - _TAIL) :]


def _of_line(line: str, first: bool) -> Iterator[Label]:
    if not _sign(line):
        return
    bare = fold(line)
    if bare in _SLOTS or (bare == "广告" and not first):
        return
    if len(line) <= _LONG and _CORRECTION.match(line.strip(_BRACKETS)):
        yield Label("correction", line)
    elif (kind := kind_of(line)) and kind != "correction":
        yield Label(kind, line.strip(_BRACKETS))
    else:
        for pattern in (
            _OPENS,
            _ENDS,
        ):  # 【广告】 before the first sentence, （AI生成） after the last
            match = pattern.search(line)
            if match and (kind := kind_of(match["said"])) and kind != "correction":
                yield Label(kind, match["said"].strip())


def merged(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Labels in order, each once; of two of a kind one without words goes into one with them."""
    found: dict[tuple[str, str], Label] = {}
    for label in labels:
        known = found.get((label.kind, fold(label.text)))
        url = known.url if known and known.url else label.url
        found[label.kind, fold(label.text)] = replace(known or label, url=url)
    for kind, text in [pair for pair in found if not pair[1]]:
        worded = next((pair for pair in found if pair[0] == kind and pair[1]), None)
        bare = found[kind, text]
        if worded is not None and bare.url in (None, found[worded].url or bare.url):
            found[worded] = replace(found[worded], url=found[worded].url or bare.url)
            del found[kind, text]
    return tuple(found.values())


def kept(before: tuple[Label, ...], after: tuple[Label, ...]) -> tuple[Label, ...]:
    """The labels of `before` that are not said any more."""
    said = {(label.kind, fold(label.text)) for label in after}
    return tuple(label for label in before if (label.kind, fold(label.text)) not in said)


def shown(label: Label, words: Words) -> str:
    """A label as readers see it: as it was said, with its kind where the words leave that open."""
    name = {
        "advertisement": words.label_advertisement,
        "sponsored": words.label_sponsored,
        "ai": words.label_ai,
        "correction": words.label_correction,
    }.get(label.kind, "")
    if not label.text:
        return name
    tells = not name or kind_of(label.text) == label.kind or _CORRECTION.match(label.text)
    return label.text if tells else f"{name}{words.colon}{label.text}"
