"""Saved and fetched HTML pages of portals: labels, metas and body told apart.

What a page says of its article stands in four places, taken in this order: the labels that a
reader sees around the title; `<meta>` of the government standard and of the contract's keys;
elements whose class says what they are; JSON-LD and Open Graph. The body is trafilatura's, which
is good at it, minus the lines that are labels, notices or the page's foot.
"""

from __future__ import annotations

import html as markup
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from syndicate.core import (
    dates,
    disclosures,
    dump,
    labels,
    markdown,
    names,
    nesting,
    notices,
    page_rights,
    plaintext,
    timing,
    urls,
    wechat,
)
from syndicate.core.dump import Found
from syndicate.core.labels import Labelled
from syndicate.model import Evidence, GivenDate, Hop, Label, Notice, ParsedEntry, Person, Publisher

# Metas of the Chinese government standard (GB/T 政府网站) and of common systems -> our fields
_METAS = {
    "articletitle": "title",
    "pubdate": "published",
    "publishdate": "published",
    "article:published_time": "published",
    "og:release_date": "published",
    "weibo:article:create_at": "published",
    "publish_time": "published",
    "date": "published",
    "dc.date": "published",
    "dc.date.issued": "published",
    "datepublished": "published",
    "updated": "updated",
    "article:modified_time": "updated",
    "weibo:article:update_at": "updated",
    "lastmodified": "updated",
    "contentsource": "source",
    "source": "source",
    "mediaid": "source",
    "og:article:author": "author",
    "article:author": "author",
    "author": "author",
    "dc.creator": "author",
    "original_url": "original_url",
    "original_title": "original_title",
    "editor": "editor",
    "contenteditor": "editor",
    "rights": "rights",
    "dc.rights": "rights",
    "copyright": "rights",
    "licence": "licence",
    "license": "licence",
}
_WEAK_METAS = frozenset(
    {"author", "article:author", "og:article:author", "copyright", "source", "date"}
)
_CLASSES = {
    "source": re.compile(
        r"(?:^|[\s_-])(?:source|laiyuan|media[_-]?name|from|art[_-]?source|ly|article[_-]source"
        r"|post[_-]source|origin)(?:$|[\s_-])|(?:source|laiyuan)$",
        re.I,
    ),
    "author": re.compile(
        r"(?:^|[\s_-])(?:author|zuozhe|byline|writer|article[_-]author|author[_-]name)(?:$|[\s_-])",
        re.I,
    ),
    "published": re.compile(
        r"(?:^|[\s_-])(?:date|time|pubtime|pub[_-]?date|publish[_-]?time|a_time|post[_-]time"
        r"|article[_-]time|datetime|pubdate)(?:$|[\s_-])",
        re.I,
    ),
}
_DATE_IN_LINE = re.compile(
    r"(?:(?:\d{4}|民[國国]\s*\d{2,3})\s*[-/.年－／．]\s*\d{1,2}\s*[-/.月－／．]\s*\d{1,2}"
    r"|[〇○零一二三四五六七八九]{4}年[一二三四五六七八九十元]{1,3}月[一二三四五六七八九十廿卅]{1,3}日)"
    r"\s*日?(?:\s*\d{1,2}\s*[:：]\s*\d{2}(?:\s*[:：]\s*\d{2})?)?"
)
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")  # of no width
_GENERIC = frozenset({"时间", "日期", "時間"})  # in a text they date a meeting, or anything else
_WHERE = re.compile(r"(?:会议|活动)?(?:地点|地點|地址)")
_TALK = re.compile(r"comment|pinglun|liuyan", re.I)
_COMMENTS = re.compile(r"comment|pinglun|reply|recommend|related|sidebar|hotnews|rank", re.I)
_SUFFIX = re.compile(r"\s*(?:[-_|–—]+|::|»)\s*")
_OTHER_MATTER = re.compile(
    r"(?:相关|推荐|热门|猜你|延伸|更多|最新|精彩|热点|网友|大家|我来|发表|全部|最热)?"
    r"(?:新闻|文章|阅读|推荐|评论|资讯|链接|排行|热文|跟帖|点击)(?:榜|区|排行)?\W*$"
    r"|参考(?:文献|资料)\W*$|related|comments",
    re.I,
)
_SENTENCE_MARK = re.compile(r"[，。！？；]")
_MEDIUM_NAME = re.compile(r"(?:网|报|社|台|刊|新闻|杂志)$")
_REPRINT = re.compile(r"版权归|不代表本|仅供参考|转载.*(?:注明|联系)|侵权")
_CUT = frozenset({"editor", "source", "author", "original_url", "original_title"})
_MEDIUM = re.compile(r'"(?:media|mediaName|media_name|sourceName)"\s*:\s*"([^"\\\\]{2,20})"')
_NEAR = 12  # lines around the title that are its labels


@dataclass
class Page:
    """One parsed page and what was found on it."""

    tree: LexborHTMLParser
    url: str | None
    metas: dict[str, str]
    linked: dict[str, Any]
    lines: list[str]
    found: Found = field(default_factory=Found)
    talk: frozenset[str] = frozenset()  # lines of the readers' comments
    evidence: list[Evidence] = field(default_factory=list)


def read_page(html: str, url: str | None) -> ParsedEntry:
    """One article from an HTML page; `url` where it was fetched. Never raises."""
    if nesting.depth(html) > nesting.DEPTH_LIMIT:
        return dump.read_dump(nesting.strip_tags(html))
    tree = LexborHTMLParser(html)
    page = Page(tree, url, _metas(tree), _json_ld(tree), _lines(html))
    title = _title(page)
    page.found.take(list(wechat.labelled(tree)))
    page.talk = _talk(page, title)
    _read_labels(page, title)
    body, body_lines = _body(html, page, title)
    _read_around(page, title, body_lines)
    _read_metas(page)
    return _entry(page, title, body)


def _lines(html: str) -> list[str]:
    text = _UNSEEN.sub("", plaintext.to_text(html))
    return [line.replace("\t", " ").strip() for line in text.split("\n") if line.strip()]


def _metas(tree: LexborHTMLParser) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.css("meta"):
        given = node.attributes
        name = (given.get("name") or given.get("property") or given.get("itemprop") or "").lower()
        content = (given.get("content") or "").strip()
        if name and content:
            found.setdefault(name, markup.unescape(content))
    return found


def _json_ld(tree: LexborHTMLParser) -> dict[str, Any]:
    """The first article among the page's JSON-LD."""
    for node in tree.css('script[type="application/ld+json"]'):
        try:
            data = json.loads(node.text(), strict=False)
        except (ValueError, RecursionError):
            continue
        for each in _objects(data):
            if re.search(r"Article|BlogPosting|Report", str(each.get("@type", ""))):
                return each
    return {}


def _objects(data: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        yield data
        if depth < 3:
            yield from _objects(data.get("@graph"), depth + 1)
    elif isinstance(data, list):
        for each in data[:50]:
            yield from _objects(each, depth + 1)


# --- title ----------------------------------------------------------------------------------


def _title(page: Page) -> str:
    whole = _node_text(page.tree.css_first("title"))
    for name in ("articletitle", "title"):
        if stated := page.metas.get(name):
            return _without_site(stated, page) if name == "title" else stated
    heads = [_node_text(node) for node in page.tree.css("h1, h2, h3")]
    fitting = [h for h in heads if 4 <= len(h) < 150 and (h in whole or whole.startswith(h[:12]))]
    if fitting:
        return max(fitting, key=len)
    if stated := page.metas.get("og:title") or str(page.linked.get("headline") or ""):
        return _without_site(stated, page)
    heads = [_node_text(node) for node in page.tree.css("h1")]
    if len(heads) == 1 and heads[0] and not whole:
        return heads[0]
    return _without_site(whole, page)


def _node_text(node: LexborNode | None) -> str:
    return " ".join(node.text().split()) if node is not None else ""


def _without_site(title: str, page: Page) -> str:
    """A title without the names of site and section behind it."""
    for line in page.lines:
        if len(line) >= 8 and title.startswith(line) and len(line) < len(title):
            return line
    parts = _SUFFIX.split(title)
    if len(parts) > 1 and len(parts[0]) >= 4:
        return parts[0].strip()
    return title.strip()


# --- what stands around the title ----------------------------------------------------------


def _read_labels(page: Page, title: str) -> None:
    at = next((i for i, line in enumerate(page.lines) if title and title in line), None)
    for line in page.lines[: (at or 0) + 3]:
        if (crumb := dump.breadcrumb(line)) is not None and not page.found.breadcrumb:
            page.found.breadcrumb = crumb
    if not page.found.breadcrumb:
        page.found.breadcrumb = _crumb_of_nodes(page.tree)


def _crumb_of_nodes(tree: LexborHTMLParser) -> tuple[str, ...]:
    for node in tree.css("[class*=crumb], [class*=position], [class*=location], [id*=crumb]"):
        text = _node_text(node)
        crumb = dump.breadcrumb(text)
        if crumb is not None:
            return crumb
    return ()


def _read_around(page: Page, title: str, body_lines: frozenset[str]) -> None:
    """Labels near the title first, then those after the body; never those within it."""
    at = _title_at(page.lines, title, body_lines)
    near = dump.joined(
        [line for line in _near_title(page.lines, at, body_lines) if line not in page.talk]
    )
    is_dated = False
    for index, line in enumerate(near):
        found = _scan(line)
        if line in body_lines and (is_dated or _WHERE.match("".join(near[index + 1 : index + 2]))):
            found = [each for each in found if each.label not in _GENERIC]
        page.found.take(found)
        is_dated = is_dated or bool(_DATE_IN_LINE.search(line))
    for line in _article_lines(page.lines, at):
        if line not in page.talk:
            page.found.take(_tail(line))
    _read_byline(page, at, near)
    _read_script(page, near)
    _read_classes(page, [*page.lines[max(0, at - 3) : at], *_until_text(page.lines, at)])
    _read_loose(page, near)


def _talk(page: Page, title: str) -> frozenset[str]:
    """The lines of the readers' comments, which say nothing of the article."""
    nodes = (node for node in page.tree.css("[class], [id]") if _TALK.search(_marks(node)))
    texts = (plaintext.to_text(node.html or "") for node in nodes if node.css_first("h1") is None)
    return frozenset(
        line.replace("\t", " ").strip()
        for text in texts
        if not title or title not in text
        for line in text.split("\n")
    )


def _marks(node: LexborNode) -> str:
    return f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"


def _until_text(lines: Sequence[str], at: int) -> Iterator[str]:
    for line in lines[at + 1 : at + 1 + _NEAR]:
        if len(line) > 60:
            return
        yield line


def _read_loose(page: Page, near: Sequence[str]) -> None:
    """A date without a label, and the source that stands beside it."""
    dated = [
        (line, match)
        for line in near
        if (match := _DATE_IN_LINE.search(line))
        and dates.read_date(match[0])
        and not any(map(labels.is_other_time, labels.scan(line)))
    ]
    if not dated:
        return
    line, match = dated[0]
    page.found.take([Labelled("published", "", match[0])])
    _loose_source(page, line, match)
    if "source" not in page.found.values:
        _neighbour_source(page, near)


def _read_script(page: Page, near: Sequence[str]) -> None:
    """The medium that the page's own data names, where a reader sees it too by the title."""
    if "source" in page.found.values:
        return
    for node in page.tree.css("script"):
        for match in _MEDIUM.finditer(node.text() or ""):
            if match[1] in near:
                page.found.take([Labelled("source", "the page's data", match[1])])
                return


def _scan(line: str) -> list[Labelled]:
    return [
        each for each in labels.scan(line) if len(each.value) < 80 or each.field == "original_url"
    ]


def _title_at(lines: Sequence[str], title: str, body: frozenset[str]) -> int:
    """The line that is the title: the last one before the body, else the first; 0 for none."""
    held = [i for i, line in enumerate(lines) if title and _holds(line, title)]
    for index in held:
        if any(each in body for each in lines[index + 1 : index + _NEAR]):
            return index
    return held[0] if held else 0


def _holds(line: str, title: str) -> bool:
    return title in line and len(line) < len(title) + 30


def _near_title(lines: Sequence[str], at: int, body: frozenset[str]) -> Iterator[str]:
    for line in lines[max(0, at - 3) : at]:
        if len(line) < 160 and any(e.field in ("published", "source") for e in labels.scan(line)):
            yield line
    label = ""
    for line in lines[at + 1 : at + 1 + _NEAR]:
        is_value = bool(label) and dump.is_value(label, line)
        if line in body and not is_value and not _is_of_head(line):
            return
        if len(line) < 160:
            yield line
        label = labels.field_of(line)


def _is_of_head(line: str) -> bool:
    """Whether a line that the extractor took for text is a label or the date under the title."""
    if len(line) <= 30 and any(each.field != "other" for each in labels.scan(line)):
        return True
    if _SENTENCE_MARK.search(line) or len(line) > 80:
        return False
    is_row = bool(labels.field_of(line.split()[0]))  # of a table (索引号 … 主题分类 …)
    return is_row or (len(line) <= 40 and bool(_DATE_IN_LINE.search(line)))


def _loose_source(page: Page, line: str, match: re.Match[str]) -> None:
    """A source without a label: it stands alone beside the date (证券时报网 2019-09-26)."""
    if "source" in page.found.values:
        return
    rest = (line[: match.start()] + "  " + line[match.end() :]).strip(" |｜·-—:：\u3000")
    rest = re.split(r"[ \u3000|｜]{2,}|\s", rest.strip(), maxsplit=1)[0]
    if _is_name_of_source(rest):
        page.found.take([Labelled("source", "", rest)])


def _is_name_of_source(text: str) -> bool:
    return bool(
        2 <= len(text) <= 20
        and not labels.field_of(text.rstrip(":："))
        and not any(labels.scan(text))
        and not re.search(
            r"[\d。，,:：!！?？/]|评论|字号|分享|打印|收藏|来源|作者|阅读|浏览|星期|更新|责编|编辑|^原创$|记者|^来自",
            text,
        )
    )


def _neighbour_source(page: Page, near: Sequence[str]) -> None:
    """A line of its own beside the date that is the name of a medium."""
    for index, line in enumerate(near):
        if not _DATE_IN_LINE.fullmatch(line.strip()):
            continue
        for other in near[max(0, index - 1) : index + 2]:
            if other != line and _MEDIUM_NAME.search(other) and _is_name_of_source(other):
                page.found.take([Labelled("source", "", other)])
                return


def _article_lines(lines: Sequence[str], at: int) -> Iterator[str]:
    """Short lines from the title to where other articles and the readers' comments begin."""
    running = False
    for line in lines[at + 1 :]:
        running = running or len(line) > 60
        if running and len(line) < 20 and _OTHER_MATTER.match(line):
            return
        if len(line) < 160:
            yield line


def _read_byline(page: Page, at: int, near: Sequence[str]) -> None:
    """The author named under the title or in the first lines of the text (【文/… 作者 …】), where
    no label does."""
    if "author" in page.found.values:
        return
    parts = (part for line in near for part in _DATE_IN_LINE.sub("|", line).split("|"))
    for part in parts:
        if named := labels.byline(part.strip()):
            page.found.take([Labelled("author", "the byline", named)])
            return
    running = 0
    for line in page.lines[at + 1 :]:
        if (named := labels.byline(line)) and line not in page.talk:
            page.found.take([Labelled("author", "the byline", named)])
            return
        running += len(line) > 60
        if running > 6:
            return


def _tail(line: str) -> list[Labelled]:
    inner = labels.unwrapped(line)
    found = [each for each in labels.scan(inner, bare=False) if each.field != "other"]
    if not found or not inner.lower().startswith(found[0].label.lower()):
        return []
    allowed = {"editor", "source", "author", "published", "original_url", "original_title", "via"}
    return [each for each in found if each.field in allowed and each.label not in _GENERIC]


# --- metas, classes -------------------------------------------------------------------------


def _read_metas(page: Page) -> None:
    site = page.metas.get("og:site_name", "")
    for name, own in _METAS.items():
        value = page.metas.get(name)
        if not value or own in ("title",) or own in page.found.values:
            continue
        if name in _WEAK_METAS and not _is_trusted(name, value, site, page):
            continue
        if own in ("author", "editor", "source") and (urls.is_web(value) or value.isdigit()):
            continue  # the system's own number or page of a person
        inner = next((e.value for e in labels.scan(value) if e.field == own), value)
        page.found.take([Labelled(own, f"meta {name}", inner)])
    for name, value in page.metas.items():
        if not name.isascii() and (own := labels.field_of(name)):  # <meta name="来源">
            page.found.take([Labelled(own, f"meta {name}", value)])
    linked = page.linked
    if "published" not in page.found.values and linked.get("datePublished"):
        page.found.take([Labelled("published", "JSON-LD", str(linked["datePublished"]))])
    if "updated" not in page.found.values and linked.get("dateModified"):
        page.found.take([Labelled("updated", "JSON-LD", str(linked["dateModified"]))])
    if "author" not in page.found.values:
        people = [n for n in _linked_names(linked.get("author")) if n and n != site]
        if people:
            page.found.take([Labelled("author", "JSON-LD", "、".join(people))])


def _is_trusted(name: str, value: str, site: str, page: Page) -> bool:
    """Metas that many systems fill with the site's own name say nothing of the article."""
    own = dump.site(page.lines)
    known = {site, own.name if own else "", urls.host(page.url)}
    if name == "date":
        return dates.read_date(value) is not None
    if value in known or len(value) > 40 or re.search(r"\.(com|cn|net|org)\b|@|http", value):
        return False
    title = _node_text(page.tree.css_first("title"))
    return value not in title


def _linked_names(value: Any) -> list[str]:
    each = value if isinstance(value, list) else [value]
    return [
        str(item.get("name") or "") if isinstance(item, dict) else str(item)
        for item in each
        if isinstance(item, dict | str)
    ]


def _read_classes(page: Page, near: Sequence[str]) -> None:
    """Elements whose class says what they are, where they stand by the title."""
    for own in ("published", "source", "author"):
        if own in page.found.values:
            continue
        for node in page.tree.css("[class], [id]"):
            marks = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"
            if not _CLASSES[own].search(marks) or _in_comments(node):
                continue
            value = _value_of(own, _first_text(node))
            if value and not any(value in line for line in near if len(line) <= 80):
                continue
            if value and not (own == "author" and _is_source(value, page)):
                page.found.take([Labelled(own, f"class {marks.strip()}", value)])
                break


def _first_text(node: LexborNode) -> str:
    """A short element's text; of several texts in it the first, unless that is a label alone."""
    parts = [
        " ".join(part.split()) for part in node.text(separator="\n").split("\n") if part.strip()
    ]
    if not parts:
        return ""
    return " ".join(parts) if labels.field_of(parts[0].rstrip(":： ")) else parts[0]


def _is_source(value: str, page: Page) -> bool:
    source = page.found.values.get("source")
    return source is not None and source.value == value


def _in_comments(node: LexborNode) -> bool:
    above: LexborNode | None = node
    for _ in range(6):
        if above is None:
            return False
        marks = f"{above.attributes.get('class') or ''} {above.attributes.get('id') or ''}"
        if _COMMENTS.search(marks):
            return True
        above = above.parent
    return False


def _value_of(own: str, text: str) -> str | None:
    if not text or len(text) > 60:
        return None
    for each in labels.scan(text):
        if each.field == own:
            return each.value
    if own == "published":
        match = _DATE_IN_LINE.search(text)
        return match[0] if match and dates.read_date(match[0]) else None
    return text if _is_name_of_source(text) else None


# --- body -----------------------------------------------------------------------------------


def _body(html: str, page: Page, title: str) -> tuple[str, frozenset[str]]:
    """The article's HTML and its lines of text, notices and labels taken out."""
    own = wechat.content(page.tree)
    tree = LexborHTMLParser(own or _extracted(html, page.url) or _longest_block(page.tree))
    body = tree.body
    if body is None:
        return "", frozenset()
    kept = [node for node in body.iter(include_text=False) if _keep(node, title, page)]
    inner = "".join(node.html or "" for node in kept)
    text = [line for line in plaintext.to_text(inner).split("\n") if line.strip()]
    return inner, frozenset(line.replace("\t", " ").strip() for line in text)


def _extracted(html: str, url: str | None) -> str | None:
    import trafilatura

    found: str | None = trafilatura.extract(
        html,
        url=url,
        output_format="html",
        include_links=True,
        include_images=True,
        include_tables=True,
        include_comments=False,
        include_formatting=True,
        deduplicate=False,
        with_metadata=False,
    )
    return found


def _longest_block(tree: LexborHTMLParser) -> str:
    """The element with the most paragraph text, where trafilatura found nothing."""
    best, length = "", 0
    for node in tree.css("article, div, td, section"):
        own = sum(len(_node_text(p)) for p in node.iter() if p.tag == "p")
        if own > length:
            best, length = node.html or "", own
    return f"<body>{best}</body>"


def _keep(node: LexborNode, title: str, page: Page) -> bool:
    """Whether a block of the extracted body is the article's; labels and notices are read."""
    text = " ".join(plaintext.to_text(node.html or "").split())
    if not text:
        return node.css_first("img") is not None
    if text in page.talk or text == title or (node.tag == "h1" and text in title):
        return False
    if dump.is_navigation(text) and node.css_first("img") is None:
        return False
    if notices.opens_notice(text) and len(text) < 600:
        page.found.notices.append(Notice(text, notices.origin(text)))
        return False
    if len(text) < 300 and _REPRINT.search(text) and notices.is_notice(text):
        page.found.notices.append(Notice(text, notices.origin(text)))
        return False
    short = len(text) < 160 and not re.search(r"[。！？]", text[:-1])
    if short and (tail := _tail(text)) and tail[0].field in _CUT:
        page.found.take(tail)
        return False
    if dump.is_meta(text) and len(text) < 160:
        found = _scan(text)
        stated = [each for each in found if each.label not in _GENERIC and each.field != "other"]
        page.found.take(stated)
        return not stated and any(each.label in _GENERIC for each in found)
    return not (dump.breadcrumb(text) is not None and len(text) < 80)


# --- result ---------------------------------------------------------------------------------


def _entry(page: Page, title: str, body: str) -> ParsedEntry:
    values = page.found.values
    _notices_of_foot(page)
    fields, _ = markdown.known_keys(
        {name: value for name, value in page.metas.items() if name in _CONTRACT_METAS}
    )
    own = markdown.from_fields(fields, body, ())
    link = _original(page)
    source = values["source"].value if "source" in values else None
    where = _site(page)
    embargo, unread = _embargo(page)
    said = replace(
        own.attribution,
        source=Publisher(source or own.attribution.source.name, own.attribution.source.url),
        authors=_authors(values.get("author")) or _if_named(own.attribution.authors, values),
        original_url=link,
        original_title=_said(values, "original_title") or own.attribution.original_title,
        published=_date(values.get("published")) or own.attribution.published,
        updated=_date(values.get("updated")) or own.attribution.updated,
        editor=_editor(values.get("editor")) or own.attribution.editor,
        rights=_said(values, "rights") or own.attribution.rights,
        licence=_said(values, "licence") or own.attribution.licence,
        via=own.attribution.via or _hops(values, source, where),
    )
    return replace(
        own,
        id=None,
        link=link or _canonical(page),
        title=title,
        content_html=body,
        attribution=said,
        breadcrumb=page.found.breadcrumb,
        categories=own.categories,
        column=own.column,
        notices=(*own.notices, *dict.fromkeys(page.found.notices)),
        language=own.language or _lang(page),
        thumbnail=page.metas.get("og:image"),
        labels=disclosures.merged((*own.labels, *_labels(page))),
        embargo=embargo or own.embargo,
        expires=_ends(page),
        raw_dates=(*own.raw_dates, *unread),
        evidence=tuple(
            Evidence(name, f"{each.label or 'what stands beside the date'} on the page", each.value)
            for name, each in sorted(values.items())
        ),
        pictures=page_rights.read_pictures(page.linked),
        terms=page_rights.read_terms(page.tree, page.metas, page.url),
    )


# What an author of the page may state with <meta name> (contract §4); the rest is read above
_CONTRACT_METAS = frozenset(
    {"original_url", "original_title", "column", "categories", "via", "notices", "summary"}
    | {"source_url", "rights", "licence", "language", "labels", "correction"}
)


def _labels(page: Page) -> Iterator[Label]:
    """What metas and JSON-LD (schema.org) mark the article as."""
    linked = page.linked
    types = linked.get("digitalSourceType"), page.metas.get("digitalsourcetype")
    found = (disclosures.source_type(str(value)) for value in types if value)
    yield from filter(None, found)
    if "AdvertiserContentArticle" in str(linked.get("@type", "")):
        sponsors = [name for name in _linked_names(linked.get("sponsor")) if name]
        yield Label("sponsored", "、".join(sponsors))
    corrections = linked.get("correction")
    for each in corrections if isinstance(corrections, list) else [corrections]:
        text = each.get("text") or each.get("description") if isinstance(each, dict) else each
        if text and isinstance(text, str) and not urls.is_web(text):
            yield Label("correction", text)


def _embargo(page: Page) -> tuple[GivenDate | None, tuple[tuple[str, str], ...]]:
    """The embargo that labels or metas state; where it is no date, its words."""
    labelled = page.found.values.get("embargo")
    begins, _ = timing.period(page.metas.get("dcterms.valid"))
    text = labelled.value if labelled else page.metas.get("embargo")
    text = text or page.metas.get("dcterms.available")
    read = dates.read_date(text) if text else None
    return read or begins, (("embargo", text),) if text and read is None else ()


def _ends(page: Page) -> GivenDate | None:
    """The end of the article's term: Open Graph, Dublin Core, schema.org. `<meta name=expires>`
    is about caches."""
    _, ends = timing.period(page.metas.get("dcterms.valid"))
    stated = page.metas.get("article:expiration_time") or page.linked.get("expires")
    return ends or dates.read_date(str(stated) if stated else None)


def _if_named(people: tuple[Person, ...], values: dict[str, Labelled]) -> tuple[Person, ...]:
    return () if "author" in values else people


def _lang(page: Page) -> str | None:
    root = page.tree.css_first("html")
    return root.attributes.get("lang") if root is not None else None


def _original(page: Page) -> str | None:
    values = page.found.values
    if "original_url" in values and (address := labels.first_url(values["original_url"].value)):
        return address
    for node in page.tree.css("a[href]"):
        text = _node_text(node)
        href = node.attributes.get("href") or ""
        if not href.startswith(("http://", "https://")):
            continue
        if labels.field_of(text) == "original_url" and text:
            return href
        before = _node_text(node.parent)[:40] if node.parent is not None else ""
        first = re.split(r"[:：]", before, maxsplit=1)
        if len(first) == 2 and labels.field_of(first[0]) == "original_url":
            return href
    return page.metas.get("original_url")


def _canonical(page: Page) -> str | None:
    node = page.tree.css_first('link[rel="canonical"]')
    href = node.attributes.get("href") if node is not None else None
    return href if urls.is_web(href) else page.url or page.metas.get("og:url")


def _site(page: Page) -> Hop | None:
    named = page.metas.get("og:site_name") or page.metas.get("sitename")
    domain = page.metas.get("sitedomain")
    found = dump.site(page.lines)
    address = urls.site(_canonical(page)) or (f"http://{domain}/" if domain else None)
    if named:
        return Hop(named, address or (found.url if found else None))
    if found is not None:
        return Hop(found.name, found.url or address or None)
    return None


def _hops(values: dict[str, Labelled], source: str | None, where: Hop | None) -> tuple[Hop, ...]:
    hops = [Hop(values["via"].value)] if "via" in values else []
    if where is not None and where.name != source:
        hops.append(where)
    return tuple(hops)


def _notices_of_foot(page: Page) -> None:
    for line in page.lines:
        if notices.opens_notice(line) and len(line) > 20:
            page.found.notices.append(Notice(line, notices.origin(line)))


def _said(values: dict[str, Labelled], name: str) -> str | None:
    return values[name].value if name in values else None


def _editor(labelled: Labelled | None) -> str | None:
    if labelled is None:
        return None
    return labels.unwrapped(labelled.value) or None


def _authors(labelled: Labelled | None) -> tuple[Person, ...]:
    if labelled is None:
        return ()
    return tuple(Person(name) for name in names.split_names(labelled.value))


def _date(labelled: Labelled | None) -> GivenDate | None:
    if labelled is None:
        return None
    match = _DATE_IN_LINE.search(labelled.value)
    return dates.read_date(labelled.value) or (dates.read_date(match[0]) if match else None)
