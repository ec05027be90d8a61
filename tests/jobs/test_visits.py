"""Pages are visited as robots.txt allows, and as slowly as it asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from syndicate.adapters.http import Answer, Fetcher, Request
from syndicate.errors import FetchError
from syndicate.jobs.ingest.visits import Visitor

PAGE = "https://a.example/news/1"


class Answers:
    """In the place of a Fetcher: answers by URL, and what was asked in which order."""

    def __init__(self, **answers: Answer) -> None:
        self.known = {url.replace("_", ""): answer for url, answer in answers.items()}
        self.asked: list[str] = []

    async def fetch(self, request: Request) -> Answer:
        self.asked.append(request.url)
        if request.url not in self.known:
            raise FetchError("nobody answers", where=request.url)
        return self.known[request.url]


def visit(
    robots: Answer | None, use: Callable[[Visitor], Awaitable[Any]], **more: Answer
) -> tuple[Any, list[str], list[float]]:
    """What `use` came to, what was asked, and how long was waited."""
    answers = Answers(**more)
    answers.known[PAGE] = answers.known.get(PAGE) or Answer(200, PAGE, body=b"page")
    if robots is not None:
        answers.known["https://a.example/robots.txt"] = robots
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def main() -> Any:
        return await use(Visitor(cast(Fetcher, answers), 1000, sleep))

    return asyncio.run(main()), answers.asked, waited


def said(text: str, status: int = 200) -> Answer:
    return Answer(status, "https://a.example/robots.txt", body=text.encode())


async def one(visitor: Visitor) -> bytes | str:
    try:
        return (await visitor.fetch(PAGE)).body
    except FetchError as error:
        return error.what


@pytest.mark.parametrize(
    ("robots", "outcome"),
    [
        pytest.param(said(""), b"page", id="nothing forbidden"),
        pytest.param(said("", 404), b"page", id="there is none"),
        pytest.param(said("", 403), b"page", id="it is not given out"),
        pytest.param(
            said("User-agent: *\nDisallow: /news/"), "robots.txt forbids it", id="forbidden"
        ),
        pytest.param(
            said("User-agent: *\nDisallow: /\n\nUser-agent: syndicate\nAllow: /"),
            b"page",
            id="to us",
        ),
        pytest.param(
            said("", 503), "robots.txt cannot be read (HTTP 503 Service Unavailable)", id="broken"
        ),
        pytest.param(None, "robots.txt cannot be read (nobody answers)", id="no answer"),
    ],
)
def test_robots_are_obeyed(robots: Answer | None, outcome: bytes | str) -> None:
    got, asked, _ = visit(robots, one)
    assert got == outcome
    assert (PAGE in asked) is isinstance(outcome, bytes)


def test_robots_are_asked_once_a_host() -> None:
    async def several(visitor: Visitor) -> None:
        await asyncio.gather(*(visitor.fetch(PAGE) for _ in range(5)))

    _, asked, waited = visit(said(""), several)
    assert asked.count("https://a.example/robots.txt") == 1
    assert waited == []


def test_a_crawl_delay_is_kept() -> None:
    async def several(visitor: Visitor) -> float:
        await asyncio.gather(*(visitor.fetch(PAGE) for _ in range(3)))
        return await visitor.delay(PAGE)

    delay, _, waited = visit(said("User-agent: *\nCrawl-delay: 7"), several)
    assert waited == [7.0, 7.0]
    assert delay == 7.0


def test_a_redirect_to_where_we_may_not_go_is_refused() -> None:
    moved = {
        PAGE: Answer(200, "https://b.example/secret", body=b"page"),
        "https://b.example/robots.txt": Answer(
            200, "https://b.example/robots.txt", body=b"User-agent: *\nDisallow: /secret"
        ),
    }
    got, _, _ = visit(said(""), one, **moved)
    assert got == "robots.txt forbids it"
