"""Plain-text dumps of portal pages: title, breadcrumb, labels, body, notices and site told apart.

Such a page is a head (site, navigation, breadcrumb, title, labels), the article's paragraphs, and
a foot (links, notices, who runs the site). The reader finds the seams by what lines say, not
where they stand, because every portal orders them in its own way.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from syndicate.core import dates, labels, names, notices
from syndicate.core.labels import Labelled
from syndicate.model import (
    Attribution,
    Evidence,
    GivenDate,
    Hop,
    Notice,
    ParsedEntry,
    Person,
    Publisher,
)

_PLACE = (
    r"(?:当前所在|当前位置|当前所在位置|您当前的位置|您现在的位置|您的当前位置|您的位置|你的位置|所在位置|位置|"
    r"现在位置|目前位置|you are here|location)"
)
_ARROW = r"\s*(?:>+|›|»|＞+|→|/|\\|\||-{1,2}|—+|·|»+)\s*"
_CRUMB_LABEL = re.compile(rf"^\W*{_PLACE}(?:是)?\s*[:：]?\s*(?P<path>.+)$", re.I)
_HOME = r"(?:网站首页|本站首页|首\s*页|主页|home|首頁|[\u4e00-\u9fff]{2,12}网)"
_CRUMB_BARE = re.compile(
    r"^\W*(?:网站首页|本站首页|首\s*页|首頁|主页|home)\s*(?:>+|›|»|＞+|→|/|»)\s*(?P<rest>.+)$",
    re.I,
)
_NO_COLUMN = re.compile(
    r"(?:网站首页|本站首页|首\s*页|首頁|主页|home|正文|文章正文|内容|详情|内容详情|详细内容|文章|查看"
    r"|article|content|detail|text|浏览文章|信息详情|新闻详情)",
    re.I,
)
_NAVIGATION = re.compile(
    r"^(?:上一篇|下一篇|上一条|下一条|上一页|下一页|返回|相关阅读|相关新闻|相关文章|相关链接|推荐阅读|延伸阅读|热门"
    r"|分享到|分享|打印|关闭|【?打印|【?关闭|字号|字体|收藏|评论|扫一扫|扫码|点击查看更多|更多>"
    r"|加入收藏|设为首页|您还没有登录|登录|注册|搜索|网友评论|发表评论|我要纠错|附件"
    r"|previous|next|related|share|print|back to)",
    re.I,
)
_TAIL = re.compile(
    r"^(?:上一篇|下一篇|上一条|下一条|相关阅读|相关新闻|相关文章|相关链接|推荐阅读|延伸阅读|分享到|扫一扫|扫码"
    r"|网友评论|发表评论|打印本页|关闭窗口|【打印|【关闭|热门推荐|previous|next|related)",
    re.I,
)
_WELCOME = re.compile(
    r"(?:欢迎(?:您)?(?:来到|访问|光临|进入)|welcome to)\s*(?P<name>.+?)\s*[!！,，。]?$", re.I
)
_DOMAIN = r"(?:https?://)?(?P<domain>(?:[a-z0-9-]+\.)+[a-z]{2,})(?:/\S*)?"
_OWNED = re.compile(
    rf"^(?:copyright\s*)?(?:©|\(c\))?\s*(?:\d{{4}}(?:\s*[-–—]\s*\d{{4}})?)?\s*(?P<name>[^\s©:：|]{{2,30}})"
    rf"\s*[(（]?\s*{_DOMAIN}\s*[)）]?\s*版权所有",
    re.I,
)
_OWNED_AFTER = re.compile(
    r"(?P<name>[\u4e00-\u9fffA-Za-z0-9·]{2,30})\s*(?:©|\(c\))?\s*版权所有", re.I
)
_OWNER = re.compile(
    r"版权所有\s*[:：©]?\s*(?:©|\(c\))?\s*(?:\d{4}(?:\s*[-–—]\s*\d{4})?)?\s*"
    r"(?P<name>[\u4e00-\u9fffA-Za-z][\u4e00-\u9fffA-Za-z0-9· ]{1,28})",
    re.I,
)
_COPYRIGHT = re.compile(
    r"(?:copyright\s*(?:©|\(c\))?|©)\s*(?:\d{4}(?:\s*[-–—]\s*\d{4})?)?[,，]?\s*(?:by\s+)?"
    r"(?P<name>[A-Za-z\u4e00-\u9fff][^.,|。，]{1,40}?)\s*(?:[.,|。，]|all rights|版权|$)",
    re.I,
)
# not the wide space, which pads a name (李　明)
_SPACES = re.compile(r"[ \t\u00a0\u2002\u2003]+")
_REGISTRATION = re.compile(r"\s*[\u4e00-\u9fff]?(?:ICP|公网安备|网安备|增值电信).*$", re.I)
_META_FIELDS = frozenset({"source", "author", "editor", "published", "updated", "via"})
_SENTENCE_END = re.compile(r"[。！？!?.;；…”\"」』)）]$")


@dataclass
class Found:
    """What the lines around the body say."""

    values: dict[str, Labelled] = field(default_factory=dict)
    breadcrumb: tuple[str, ...] = ()
    notices: list[Notice] = field(default_factory=list)
    site: Hop | None = None
    loose_date: GivenDate | None = None

    def take(self, labelled: Sequence[Labelled]) -> None:
        for each in labelled:
            if each.field and each.field != "other":
                self.values.setdefault(each.field, each)


def breadcrumb(line: str) -> tuple[str, ...] | None:
    """The columns of a breadcrumb line, outermost first, 首页 and 正文 left out; None for none."""
    match = _CRUMB_LABEL.match(line)
    path = match["path"] if match else line if _CRUMB_BARE.match(line) else None
    if path is None or len(line) > 120:
        return None
    parts = [part.strip(" \u3000：:") for part in re.split(_ARROW, path)]
    if len(parts) < 2:
        return None
    return tuple(part for part in parts if part and not _NO_COLUMN.fullmatch(part))


def is_meta(line: str) -> bool:
    """Whether a line is labels with their values, and little else."""
    if len(line) > 240:
        return False
    if _is_bare_meta(line):
        return True
    found = list(labels.scan(line))
    known = [each for each in found if each.field in _META_FIELDS]
    if not known:
        return False
    covered = sum(len(each.label) + len(each.value) + 2 for each in found)
    return covered >= len(line) * 0.5


def _is_bare_meta(line: str) -> bool:
    """A line of labels most of which are empty: 2022-06-24 来源： 作者： 浏览次数：12次."""
    count = labels.count(line)
    if not count or len(line) > 160:
        return False
    before = labels.before(line)
    return (count >= 2 and len(before) <= 40) or (bool(before) and _loose_date(line) is not None)


def _loose_date(line: str) -> GivenDate | None:
    """A date without a label: alone on its line, before the first label, or between bars."""
    pieces = re.split(r"\s*[|｜]\s*|\s{2,}", line)
    parts = [line, labels.before(line), *pieces, re.split("[:：]\\s+", line)[-1]]
    parts = [part for part in parts if part and len(part) < 40]
    for reader in (dates.read_date, _leading_date):
        for part in parts:
            if found := reader(part):
                return found
    return None


def is_navigation(line: str) -> bool:
    """Whether a line leads elsewhere or counts readers (上一篇, 分享到); no article text."""
    short = len(line) < 40 and not _SENTENCE_END.search(line)
    return short and bool(_NAVIGATION.match(line) or _COUNTER.fullmatch(line))


def read_dump(text: str) -> ParsedEntry:
    """One article from the text of a portal page. Never raises; nothing is invented."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    plain = joined([_SPACES.sub(" ", line).strip() for line in lines])
    head_end, title_at = _head(plain)
    found = Found()
    _read_head(plain[:head_end], title_at, found)
    body_end = _body_end(plain, head_end)
    body = [line for line in plain[head_end:body_end] if line]
    body = _without_notices(body, found)
    _read_foot(lines, plain, body_end, found)
    title = plain[title_at] if title_at is not None else ""
    return entry(title, body, found, site(plain))


def joined(plain: Sequence[str]) -> list[str]:
    """The lines, a label alone on its line joined with the value on the next one (a table)."""
    joined = list(plain)
    for index, line in enumerate(plain[:-1]):
        value = plain[index + 1]
        field = labels.field_of(line) if 2 <= len(line) <= 8 else ""
        if field in _META_FIELDS and is_value(field, value):
            joined[index], joined[index + 1] = f"{line.rstrip(':： ')}：{value}", ""
    return joined


def is_value(field: str, text: str) -> bool:
    if field in ("published", "updated"):
        return dates.read_date(text) is not None
    return (
        2 <= len(text) <= 20
        and not labels.count(text)
        and not labels.field_of(text)
        and not re.search(r"[，。！？、；：:!?]", text)
        and not _NAVIGATION.match(text)
    )


def _head(plain: Sequence[str]) -> tuple[int, int | None]:
    """Where the body begins, and where the title stands."""
    metas = _without_those_at_its_end(plain, _first_metas(plain))
    if metas:
        title = _title_before(plain, metas[0])
        end = metas[-1] + 1
        if title is None:  # the labels stand above the title
            title = next((i for i in range(end, len(plain)) if _could_be_title(plain[i])), None)
            end = title + 1 if title is not None and _has_body_after(plain, title) else end
        return end, title
    crumb = next((i for i, line in enumerate(plain) if breadcrumb(line) is not None), -1)
    title = next((i for i in range(crumb + 1, len(plain)) if _could_be_title(plain[i])), None)
    if title is None:
        return crumb + 1, None
    end = title + 1
    while end < len(plain) and (not plain[end] or dates.read_date(plain[end]) is not None):
        end += 1
    return end, title


def _first_metas(plain: Sequence[str]) -> list[int]:
    """The lines of labels in the head: the first one, and those that follow it closely."""
    found: list[int] = []
    letters = 0
    for index, line in enumerate(plain):
        if not line:
            continue
        small = bool(found) and not letters and _is_small_label(line)
        if is_meta(line) or small:
            if found and letters > 60:
                break
            found.append(index)
            letters = 0
        elif found and ((index - found[-1] > 2 and letters) or _is_running(line)):
            break
        elif breadcrumb(line) is None:
            letters += len(line)
            if letters > 400:
                break
    if found and _mostly_body_before(plain, found[0]):
        return []  # labels at the foot alone
    return found


def _without_those_at_its_end(plain: Sequence[str], metas: list[int]) -> list[int]:
    """A short article ends in labels (责任编辑) so close to those above it that they look like
    one head: what stands between them is its text, where there is none after them."""
    if not metas or _has_text(plain, metas[-1] + 1, len(plain)):
        return metas
    for last in range(len(metas) - 1, 0, -1):
        if _has_text(plain, metas[last - 1] + 1, metas[last]):
            return metas[:last]
    return metas


def _has_text(plain: Sequence[str], start: int, end: int) -> bool:
    return any(
        line and not _is_foot(line) and not is_navigation(line) and not is_meta(line)
        for line in plain[start:end]
    )


def _is_running(line: str) -> bool:
    return len(line) > 30 and bool(_SENTENCE_END.search(line))


def _is_small_label(line: str) -> bool:
    """A label that says nothing to us (浏览次数, 字号), or one whose value is empty."""
    if _NAVIGATION.match(line) and len(line) < 40:
        return True
    if labels.is_speech(line):
        return False
    first = re.split(r"[:：]", line, maxsplit=1)
    return len(first) == 2 and bool(labels.field_of(first[0])) and len(line) < 80


def _mostly_body_before(plain: Sequence[str], index: int) -> bool:
    before = [line for line in plain[:index] if line]
    return sum(len(line) > 60 and bool(_SENTENCE_END.search(line)) for line in before) >= 2


def _could_be_title(line: str) -> bool:
    return (
        2 <= len(line) <= 120
        and breadcrumb(line) is None
        and not _WELCOME.match(line)
        and not _NAVIGATION.match(line)
        and not is_meta(line)
        and not notices.is_footer(line)
        and not re.fullmatch(r"[\W\d_]+", line)
    )


def _has_body_after(plain: Sequence[str], index: int) -> bool:
    return any(len(line) > 20 for line in plain[index + 1 :])


def _title_before(plain: Sequence[str], meta: int) -> int | None:
    """The nearest line above the labels that could be a title."""
    for index in range(meta - 1, -1, -1):
        line = plain[index]
        if not line:
            continue
        if breadcrumb(line) is not None or _WELCOME.match(line):
            return None
        if _could_be_title(line):
            return index
    return None


def _read_head(plain: Sequence[str], title: int | None, found: Found) -> None:
    for index, line in enumerate(plain):
        if not line or index == title:
            continue
        crumb = breadcrumb(line)
        if crumb is not None:
            found.breadcrumb = found.breadcrumb or crumb
            continue
        found.take(list(labels.scan(line)))
        for part in re.split(r"\s*[|｜]\s*", line):
            if named := labels.byline(part):
                found.take([Labelled("author", "the byline", named)])
        if found.loose_date is None and (len(line) < 40 or is_meta(line)):
            found.loose_date = _loose_date(line)
        if notices.opens_notice(line):
            found.notices.append(Notice(line, notices.origin(line)))


def _body_end(plain: Sequence[str], start: int) -> int:
    """Where the body ends: at the first line of the foot with no more article behind it."""
    for index in range(start, len(plain)):
        line = plain[index]
        if line and _is_foot(line) and index > start and not _article_follows(plain, index):
            return index
    return len(plain)


def _is_foot(line: str) -> bool:
    if _TAIL.match(line) or notices.opens_notice(line) or notices.is_footer(line):
        return True
    if _is_source_line(line):
        return True
    return notices.is_notice(line) and len(line) < 200


def _is_source_line(line: str) -> bool:
    """A line of the foot that is labels: 原文链接：…, （责任编辑：…）."""
    inner = labels.unwrapped(line)
    found = list(labels.scan(inner, bare=False))
    if not found or len(inner) > 300:
        return False
    first = found[0]
    return inner.startswith(first.label) and first.field in (
        *("original_url", "source", "author", "editor", "published", "updated", "via"),
        *("original_title", "rights", "licence"),
    )


def _article_follows(plain: Sequence[str], index: int) -> bool:
    """Whether running text of the article comes after a line that looked like its end."""
    rest = [line for line in plain[index + 1 :] if line]
    running = [
        line
        for line in rest
        if len(line) > 40
        and _SENTENCE_END.search(line)
        and not _is_foot(line)
        and not notices.is_notice(line)
    ]
    return len(running) >= 2 and not _TAIL.match(plain[index])


def _without_notices(body: Sequence[str], found: Found) -> list[str]:
    kept = []
    for line in body:
        if notices.opens_notice(line):
            found.notices.append(Notice(line, notices.origin(line)))
        elif _is_source_line(line) and len(line) < 120:
            found.take(list(labels.scan(labels.unwrapped(line), bare=False)))
        elif not (_NAVIGATION.match(line) and len(line) < 40) and not _COUNTER.fullmatch(line):
            kept.append(line)
    return kept


_COUNTER = re.compile(
    r"(?:浏览|点击|阅读|访问)(?:次数|数|量|率)?\s*[:：]?\s*\d[\d,万.]*\s*次?"
    r"|(?:views|reads|hits)\s*:?\s*[\d,]+",
    re.I,
)


def _read_foot(lines: Sequence[str], plain: Sequence[str], start: int, found: Found) -> None:
    heading = ""
    for index in range(start, len(plain)):
        line = plain[index]
        if not line:
            continue
        if notices.opens_notice(line) and len(line) < 14:
            heading = line  # its text stands on the next line
            continue
        if heading:
            line, heading = f"{heading} {line}", ""
        if _is_source_line(line):
            found.take(list(labels.scan(labels.unwrapped(line), bare=False)))
        elif notices.is_notice(line) and not _is_contact(line):
            found.notices.append(Notice(line, notices.origin(line)))
        elif index and not found.values.get("original_url") and _follows_link_label(plain, index):
            address = labels.first_url(lines[index])
            if address:
                found.take([Labelled("original_url", "原文链接", address)])


def _is_contact(line: str) -> bool:
    return notices.is_footer(line) and not notices.opens_notice(line)


def _follows_link_label(plain: Sequence[str], index: int) -> bool:
    before = next((line for line in reversed(plain[:index]) if line), "")
    return labels.field_of(before) == "original_url"


_YEARS_BEHIND = re.compile(r"\s+(?:19|20)\d\d(?:\s*[-–—]\s*(?:19|20)\d\d)?$")


def site(plain: Sequence[str]) -> Hop | None:
    """The site that a page names as itself: by its copyright line, else by its welcome."""
    footer = [line for line in plain if line and notices.is_footer(line)]
    domain = _own_domain(footer)
    for pattern in (_OWNED, _OWNED_AFTER, _OWNER, _COPYRIGHT):
        for line in footer:
            match = pattern.search(line)
            name = _REGISTRATION.sub("", match["name"]).strip(" -·|") if match else ""
            name = _YEARS_BEHIND.sub("", name)
            if name and not re.fullmatch(r"[\d\s]+", name):
                own = match.groupdict().get("domain") if match else None
                return Hop(name, _address(own or domain))
    for line in plain[:12]:
        match = _WELCOME.search(line) if line else None
        if match and len(match["name"]) <= 30:
            return Hop(match["name"].strip(" !！"), _address(domain))
    return Hop(None, _address(domain)) if domain else None


def _own_domain(footer: Sequence[str]) -> str | None:
    for line in footer:
        without_mail = re.sub(r"\S+@\S+", " ", line)
        match = re.search(rf"(?<![@\w.-]){_DOMAIN}", without_mail, re.I)
        if match and not re.search(r"beian|miit|cnnic|12377", match["domain"], re.I):
            return match["domain"]
    return None


def _address(domain: str | None) -> str | None:
    return f"http://{domain.lower()}/" if domain else None


def entry(title: str, body: Sequence[str], found: Found, where: Hop | None) -> ParsedEntry:
    """The parsed entry of what was found; the body as paragraphs of HTML."""
    values = found.values
    link = values.get("original_url")
    address = labels.first_url(link.value) if link else None
    source = _name(values.get("source"))
    attribution = Attribution(
        source=Publisher(name=source),
        authors=_people(values.get("author")),
        original_url=address,
        original_title=_name(values.get("original_title")),
        published=_date(values.get("published")) or found.loose_date,
        updated=_date(values.get("updated")),
        editor=_name(values.get("editor")),
        via=_hops(values.get("via"), source, where),
    )
    evidence = tuple(
        Evidence(name, f"the label {each.label} on the page", each.value)
        for name, each in sorted(values.items())
    )
    unread = tuple(
        (name, values[name].value)
        for name in ("published", "updated", "embargo")
        if name in values and _date(values[name]) is None
    )
    return ParsedEntry(
        link=address,
        title=title,
        content_html="".join(f"<p>{html.escape(line, quote=False)}</p>" for line in body),
        attribution=attribution,
        breadcrumb=found.breadcrumb,
        notices=tuple(dict.fromkeys(found.notices)),
        evidence=evidence,
        embargo=_date(values.get("embargo")),
        raw_dates=unread,
    )


def _name(labelled: Labelled | None) -> str | None:
    return labelled.value if labelled else None


def _date(labelled: Labelled | None) -> GivenDate | None:
    if labelled is None:
        return None
    value = labelled.value
    return dates.read_date(value) or _leading_date(value)


def _leading_date(value: str) -> GivenDate | None:
    """The date at the start of a value that goes on (2022-06-24 09:30 星期五 天气晴)."""
    words = value.split(" ")
    for count in range(min(len(words), 4), 0, -1):
        found = dates.read_date(" ".join(words[:count]))
        if found is not None:
            return found
    return None


def _people(labelled: Labelled | None) -> tuple[Person, ...]:
    if labelled is None:
        return ()
    return tuple(Person(name) for name in names.split_names(labelled.value))


def _hops(stated: Labelled | None, source: str | None, where: Hop | None) -> tuple[Hop, ...]:
    hops = [Hop(stated.value)] if stated else []
    if where is not None and where.name != source and Hop(where.name) not in hops:
        hops.append(where)
    return tuple(hops)
