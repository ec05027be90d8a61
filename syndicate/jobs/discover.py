"""The feed behind an address that a person knows."""

from __future__ import annotations

from syndicate.adapters.http import Fetcher, Request
from syndicate.core import decode, parse
from syndicate.core import discover as core
from syndicate.core.discover import Found
from syndicate.errors import FetchError, ParseError

_MOST = 20  # addresses that a page names and that are asked


async def discover(fetcher: Fetcher, url: str) -> Found:
    """The address itself, what its page names, or a common path; FetchError where no feed is."""
    answer = await fetcher.fetch(Request(url))
    if answer.failure:
        raise FetchError(answer.failure, where=url)
    if core.is_feed(answer.body):
        return Found(answer.url, _title_of(answer.body), "it is a feed itself")
    text, _ = decode.decode(answer.body, answer.header("content-type"))
    named = list(core.links(text, answer.url))
    if (stated := answer.link("alternate")) is not None:
        named.append(Found(stated, "", "Link header"))
    for found in named[:_MOST]:
        if (title := await _feed_title(fetcher, found.url)) is not None:
            return Found(found.url, title or found.title, found.how)
    for guess in core.guesses(answer.url):
        if (title := await _feed_title(fetcher, guess)) is not None:
            return Found(guess, title, "a common path")
    raise FetchError(
        "no feed is there, and the page names none",
        where=url,
        remedy='a source of type "page" reads listings without a feed',
    )


async def _feed_title(fetcher: Fetcher, url: str) -> str | None:
    """The title of the feed at an address; None where none is there."""
    try:
        answer = await fetcher.fetch(Request(url))
    except FetchError:
        return None
    if not answer.ok or not core.is_feed(answer.body):
        return None
    return _title_of(answer.body)


def _title_of(data: bytes) -> str:
    """The title of a feed that was just found; "" where it cannot be read."""
    try:
        return parse.parse(data).title
    except ParseError:
        return ""
