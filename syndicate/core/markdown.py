"""Markdown articles with front matter (contract §4): keys, Chinese labels as keys, body as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Any

from syndicate.core import dates, disclosures, labels, names
from syndicate.errors import ParseError
from syndicate.model import (
    Attribution,
    GivenDate,
    Hop,
    Label,
    Notice,
    ParsedEntry,
    Person,
    Publisher,
)

KEYS = (
    *("title", "source", "source_url", "author", "original_url", "original_title", "date"),
    *("updated", "editor", "rights", "licence", "column", "categories", "via", "notices"),
    *("summary", "language", "labels", "correction", "embargo", "expires"),
)
# The labels of labels.py, and what else people write, as keys of the contract
_LABEL_KEYS = {"published": "date", "author": "author"}
_CHINESE = {
    "标题": "title",
    "栏目": "column",
    "来源链接": "source_url",
    "来源网址": "source_url",
    "分类": "categories",
    "标签": "categories",
    "摘要": "summary",
    "语言": "language",
    "声明": "notices",
    "更新": "updated",
    "authors": "author",
    "license": "licence",
    "lang": "language",
    "tags": "categories",
    "category": "categories",
    "published": "date",
    "description": "summary",
    "label": "labels",
    "标注": "labels",
    "标识": "labels",
    "更正": "correction",
    "勘误": "correction",
    "not_before": "embargo",
    "embargo_until": "embargo",
    "embargoed_until": "embargo",
    "禁发至": "embargo",
    "禁发期": "embargo",
    "解禁时间": "embargo",
    "不早于": "embargo",
    "expiry": "expires",
    "expiry_date": "expires",
    "expiration_date": "expires",
    "有效期至": "expires",
    "失效日期": "expires",
    "到期时间": "expires",
}
_FENCE = re.compile(r"\A\ufeff?\s*^---[ \t]*\r?$", re.M)
_END = re.compile(r"^---[ \t]*\r?$", re.M)
_KEY_LINE = re.compile(r"([^\s:：#\-\[\]{}\"'][^:：]*?)[ \t\u3000]*[:：][ \t\u3000]*(.*?)\s*$")
_FULL_WIDTH = re.compile(r"^[^\s:：#\-][^:：\n]*：", re.M)
_OPENS = ("|", ">", "[", "{", "'", '"')  # what only YAML reads
_HEADING = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\r?\n|\Z)")


def read_markdown(text: str, name: str = "") -> ParsedEntry:
    """One article from Markdown; ParseError with the line where its front matter is broken."""
    head, body, wrong = _front_matter(text, name)
    fields, problems = known_keys(head)
    if not fields.get("title") and (match := _HEADING.match(body)):
        fields["title"], body = match[1], body[match.end() :]
    return from_fields(fields, _to_html(body), (*wrong, *problems))


def _front_matter(text: str, name: str) -> tuple[dict[str, Any], str, tuple[str, ...]]:
    """Its keys, the text after it, and what was wrong with it.

    People write 来源：某报, a title with a colon in it, tabs: what is no YAML as it stands is read
    once more with its values in quotes. ParseError where that is none either.
    """
    opening = _FENCE.match(text)
    if not opening:
        return {}, text, ()
    rest = text[opening.end() :].removeprefix("\r").removeprefix("\n")
    above = text[: opening.end()].count("\n") + 1
    closing = _END.search(rest)
    if closing is None:
        return _unclosed(rest, text, name, above)
    head, body = rest[: closing.start()], rest[closing.end() :].strip("\r\n")
    if _FULL_WIDTH.search(head):
        return _yaml(_in_quotes(head), name, above), body, ()
    try:
        return _yaml(head, name, above), body, ()
    except ParseError:
        with suppress(ParseError):
            return _yaml(_in_quotes(head), name, above), body, ()
        raise


def _unclosed(
    rest: str, text: str, name: str, above: int
) -> tuple[dict[str, Any], str, tuple[str, ...]]:
    """Front matter that nothing closes ends with the first empty line; a rule is none."""
    key = _KEY_LINE.match(rest.split("\n", 1)[0])
    if key is None or _key(key[1]) is None:
        return {}, text, ()
    head, *body = re.split(r"\n[ \t]*\r?\n", rest, maxsplit=1)
    wrong = ("the front matter is not closed by ---",)
    return _yaml(_in_quotes(head), name, above), "".join(body), wrong


def _in_quotes(head: str) -> str:
    """YAML of lines `key: value`, the first colon of each being the one."""
    return "\n".join(map(_quoted, head.splitlines()))


def _quoted(line: str) -> str:
    match = _KEY_LINE.match(line)
    if match is None:
        return re.sub(r"^[ \t]+", lambda m: m[0].replace("\t", "    "), line).replace("\t", " ")
    key, value = match[1], match[2]
    if value and not value.startswith(_OPENS):
        value = "'" + value.replace("'", "''") + "'"
    return f"{key}: {value}"


@lru_cache(maxsize=1)
def _loader() -> Any:
    """BaseLoader without aliases, of which bombs are made (*a of [*b, *b, …])."""
    import yaml  # type: ignore[import-untyped]

    class Loader(yaml.BaseLoader):  # type: ignore[misc]
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                mark = self.peek_event().start_mark
                raise yaml.composer.ComposerError(None, None, "aliases are not read", mark)
            return super().compose_node(parent, index)

    return Loader


def _yaml(head: str, name: str, above: int) -> dict[str, Any]:
    """Scalars are the text that they are: YAML 1.1 makes `no`, `12:30` and 010 other things."""
    import yaml

    try:
        read = yaml.load(head, Loader=_loader())  # noqa: S506
    except RecursionError:
        raise ParseError("front matter is nested too deeply", where=f"{name}:1") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = above + mark.line if mark else 1
        raise ParseError(
            f"front matter is not YAML: {getattr(error, 'problem', error)}",
            where=f"{name}:{line}",
            remedy="put values that hold a colon in quotes",
        ) from error
    if read is None or read == "":
        return {}
    if not isinstance(read, dict):
        raise ParseError("front matter is no list of keys", where=f"{name}:1")
    return read


def known_keys(head: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The keys that mean something, under their own names, and what is said of the others."""
    fields: dict[str, Any] = {}
    problems = []
    for key, value in head.items():
        own = _key(str(key))
        if own is None:
            problems.append(f"unknown key {key!r} in the front matter")
        elif value not in (None, "", [], "null", "~"):
            fields.setdefault(own, value)
    return fields, tuple(problems)


def _key(key: str) -> str | None:
    folded = key.strip().lower().replace("-", "_").replace(" ", "_")
    if folded in KEYS:
        return folded
    if folded in _CHINESE:
        return _CHINESE[folded]
    field = labels.field_of(key)
    field = _LABEL_KEYS.get(field, field)
    return field if field in KEYS else None


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        value = "、".join(str(each) for each in value)
    return str(value).strip() or None if value is not None else None


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def from_fields(fields: dict[str, Any], html: str, problems: tuple[str, ...]) -> ParsedEntry:
    """An entry of the contract's keys, whether they stood in front matter or in `<meta>`."""
    raw: list[tuple[str, str]] = []
    original = _text(fields.get("original_url"))
    address = labels.first_url(original) if original else None
    attribution = Attribution(
        source=Publisher(_text(fields.get("source")), _text(fields.get("source_url"))),
        authors=tuple(_authors(fields.get("author"))),
        original_url=address,
        original_title=_text(fields.get("original_title")),
        published=_date(fields, "date", "published", raw),
        updated=_date(fields, "updated", "updated", raw),
        rights=_text(fields.get("rights")),
        licence=_text(fields.get("licence")),
        editor=_text(fields.get("editor")),
        via=tuple(_hops(fields.get("via"))),
    )
    return ParsedEntry(
        link=address,
        title=_text(fields.get("title")) or "",
        content_html=html,
        summary_html=_text(fields.get("summary")) or "",
        attribution=attribution,
        categories=tuple(_categories(fields.get("categories"))),
        column=_text(fields.get("column")),
        notices=tuple(
            Notice(text) for each in _list(fields.get("notices")) if (text := _text(each))
        ),
        language=_text(fields.get("language")),
        problems=problems,
        labels=_labels(fields),
        embargo=_date(fields, "embargo", "embargo", raw),
        expires=_date(fields, "expires", "expires", raw),
        raw_dates=tuple(raw),
    )


def _labels(fields: dict[str, Any]) -> tuple[Label, ...]:
    given = fields.get("labels")
    words = map(str, given) if isinstance(given, list) else _categories(given)
    said = disclosures.stated(words)
    corrected = [_text(each) for each in _list(fields.get("correction"))]
    return disclosures.merged((*said, *(Label("correction", text) for text in corrected if text)))


def _authors(value: Any) -> Iterable[Person]:
    for each in _list(value):
        if isinstance(each, dict):
            name = _text(each.get("name")) or ""
            if name:
                yield Person(name, _text(each.get("url")), _text(each.get("email")))
        elif isinstance(value, list):
            yield names.read_person(str(each))  # one element is one name
        else:
            yield from names.read_people(str(each))


def _hops(value: Any) -> Iterable[Hop]:
    for each in _list(value):
        if isinstance(each, dict):
            yield Hop(_text(each.get("name")), _text(each.get("url")))
        elif text := _text(each):
            url = labels.first_url(text)
            name = text.replace(url, "").strip(" <>()（）") if url else text
            yield Hop(name or None, url)


def _categories(value: Any) -> Iterable[str]:
    for each in _list(value):
        yield from (part.strip() for part in re.split(r"[,，、;；]", str(each)) if part.strip())


def _date(
    fields: dict[str, Any], key: str, name: str, raw: list[tuple[str, str]]
) -> GivenDate | None:
    text = _text(fields.get(key))
    if text is None:
        return None
    found = dates.read_date(text)
    if found is None:
        raw.append((name, text))
    return found


@lru_cache(maxsize=1)
def _renderer() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _to_html(body: str) -> str:
    rendered: str = _renderer().render(body)
    return rendered
