"""JSON Feed 1.0 and 1.1, and the `_syndicate` extension that we emit (contract §6)."""

from __future__ import annotations

import hashlib
import html as markup
import json
import re
from collections.abc import Container, Iterator
from typing import Any

from syndicate.core import dates, disclosures, split, terms, urls
from syndicate.core.plaintext import plain
from syndicate.errors import ParseError
from syndicate.model import (
    Attribution,
    Enclosure,
    GivenDate,
    Hop,
    Label,
    ParsedEntry,
    ParsedFeed,
    Person,
    Picture,
    Publisher,
    Terms,
)

Dict = dict[str, Any]


def parse(text: str, url: str | None) -> ParsedFeed:
    """The feed in a JSON document; ParseError where it is none."""
    return _read(_loaded(text), url)


def parse_new(
    text: str, url: str | None, known: Container[bytes]
) -> tuple[ParsedFeed, tuple[bytes, ...]]:
    """As `parse`, with only the entries whose items are not in `known`, and all items' hashes."""
    data = _loaded(text)
    items = data["items"]
    around = {name: value for name, value in data.items() if name != "items"}
    key = hashlib.blake2b(_canonical([split.READER, url, around]).encode(), digest_size=32).digest()
    hashes = tuple(split.digest(_canonical(item), key) for item in items)
    new = [item for item, hash in zip(items, hashes, strict=True) if hash not in known]
    return _read({**data, "items": new}, url), hashes


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _loaded(text: str) -> Dict:
    try:
        data = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise ParseError("JSON, but no JSON Feed: it has no items")
    return data


def _read(data: Dict, url: str | None) -> ParsedFeed:
    base = _text(data.get("home_page_url")) or _text(data.get("feed_url")) or url or ""
    authors = tuple(_people(data))
    language = _text(data.get("language"))
    items = [item for item in data["items"] if isinstance(item, dict)]
    hubs = data.get("hubs")
    return ParsedFeed(
        format="json",
        title=plain(_text(data.get("title")) or ""),
        url=_url(data.get("home_page_url"), url or ""),
        feed_url=_url(data.get("feed_url"), url or ""),
        language=language,
        description=plain(_text(data.get("description")) or ""),
        logo=_url(data.get("icon") or data.get("favicon"), base),
        authors=authors,
        hub=_hub(hubs),
        entries=tuple(_entry(item, base, authors, language) for item in items),
        problems=() if len(items) == len(data["items"]) else ("items that are no objects",),
    )


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str | int | float):
        return str(value).strip() or None
    return None


def _url(value: Any, base: str) -> str | None:
    text = _text(value)
    if not text:
        return None
    try:
        return urls.join(base, text) if base else text
    except ValueError:
        return text


def _hub(hubs: Any) -> str | None:
    for hub in hubs if isinstance(hubs, list) else ():
        if isinstance(hub, dict) and str(hub.get("type", "")).lower() == "websub":
            return _text(hub.get("url"))
    return None


def _people(data: Dict) -> Iterator[Person]:
    stated = data.get("authors")
    if not isinstance(stated, list):
        stated = [data.get("author")]
    for each in stated:
        if isinstance(each, dict):
            name = _text(each.get("name"))
            url = _text(each.get("url"))
            email = url.removeprefix("mailto:") if url and url.startswith("mailto:") else None
            if name or url:
                yield Person(plain(name or url or ""), None if email else url, email)
        elif text := _text(each):
            yield Person(plain(text))


def _entry(
    item: Dict, base: str, feed_authors: tuple[Person, ...], language: str | None
) -> ParsedEntry:
    raw: list[tuple[str, str]] = []
    ours = item.get("_syndicate")
    own: Dict = ours if isinstance(ours, dict) else {}
    identity = _text(item.get("id"))
    link = _url(item.get("url"), base)
    external = _url(item.get("external_url"), base)
    html = _text(item.get("content_html")) or ""
    if not html and (text := _text(item.get("content_text"))):
        parts = (p.strip() for p in re.split(r"\n\s*\n", text.replace("\r\n", "\n")))
        escaped = (markup.escape(part, quote=False) for part in parts if part)
        html = "".join(f"<p>{'<br>'.join(part.splitlines())}</p>" for part in escaped)
    tags = _tags(item)
    return ParsedEntry(
        id=identity,
        link=link or external,
        title=plain(_text(item.get("title")) or ""),
        content_html=html or markup.escape(_text(item.get("summary")) or "", quote=False),
        summary_html=markup.escape(_text(item.get("summary")) or "", quote=False) if html else "",
        attribution=Attribution(
            source=_source(own.get("source")),
            authors=tuple(_people(item)) or feed_authors,
            original_url=external if link else None,
            original_id=identity,
            original_title=_text(own.get("original_title")),
            published=_date(item.get("date_published"), "published", raw),
            updated=_date(item.get("date_modified"), "updated", raw),
            rights=_text(own.get("rights")),
            licence=_text(own.get("licence")),
            editor=_text(own.get("editor")),
            via=tuple(_hops(own.get("via"))),
        ),
        categories=tags,
        language=_text(item.get("language")) or language,
        enclosures=tuple(_attachments(item, base)),
        thumbnail=_url(item.get("image") or item.get("banner_image"), base),
        labels=disclosures.merged((*_labels(own.get("labels")), *disclosures.categories(tags))),
        embargo=_date(own.get("not_before"), "embargo", raw),
        expires=_date(own.get("expires"), "expires", raw),
        raw_dates=tuple(raw),
        pictures=tuple(_pictures(own.get("pictures"), base)),
        terms=_terms(own.get("terms")),
    )


def _labels(value: Any) -> Iterator[Label]:
    for each in value if isinstance(value, list) else ():
        if not isinstance(each, dict):
            yield from disclosures.stated(filter(None, [_text(each)]))
        elif (kind := _text(each.get("kind"))) in disclosures.KINDS:
            made = disclosures.source_type(_text(each.get("url")))
            yield Label(str(kind), plain(_text(each.get("text")) or ""), made.url if made else None)


def _pictures(stated: Any, base: str) -> Iterator[Picture]:
    for each in stated if isinstance(stated, list) else ():
        if isinstance(each, dict) and (url := _url(each.get("url"), base)):
            said = (plain(_text(each.get(name)) or "") for name in ("caption", "credit", "rights"))
            yield Picture(url, *said)


def _terms(stated: Any) -> Terms:
    """The terms that another Syndicate passed on; checked like anybody's."""
    if not isinstance(stated, dict):
        return Terms()
    robots = stated.get("robots")
    reserved = stated.get("tdm_reservation")
    said = terms.of_metas(
        {
            "robots": ",".join(map(str, robots)) if isinstance(robots, list) else "",
            "tdm-reservation": str(int(reserved)) if isinstance(reserved, bool) else "",
            "tdm-policy": _text(stated.get("tdm_policy")) or "",
        }
    )
    kind = _text(stated.get("policy_type")) or ""
    policy = terms.policy("odrl:hasPolicy", kind, _text(stated.get("policy")))
    return terms.joined(said, policy, terms.embedded(_text(stated.get("expression")) or ""))


def _tags(item: Dict) -> tuple[str, ...]:
    tags = item.get("tags")
    if not isinstance(tags, list):
        return ()
    return tuple(dict.fromkeys(text for tag in tags if (text := _text(tag))))


def _date(value: Any, field: str, raw: list[tuple[str, str]]) -> GivenDate | None:
    text = _text(value)
    if text is None:
        return None
    found = dates.read_date(text)
    if found is None:
        raw.append((field, text))
    return found


def _source(value: Any) -> Publisher:
    if not isinstance(value, dict):
        return Publisher()
    return Publisher(_text(value.get("name")), _text(value.get("url")), _text(value.get("feed")))


def _hops(value: Any) -> Iterator[Hop]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, dict) and (each.get("name") or each.get("url")):
            yield Hop(_text(each.get("name")), _text(each.get("url")))


def _attachments(item: Dict, base: str) -> Iterator[Enclosure]:
    stated = item.get("attachments")
    for each in stated if isinstance(stated, list) else ():
        if isinstance(each, dict) and (url := _url(each.get("url"), base)):
            size = each.get("size_in_bytes")
            length = int(size) if isinstance(size, int | float) and size >= 0 else None
            yield Enclosure(url, _text(each.get("mime_type")), length, _text(each.get("title")))
