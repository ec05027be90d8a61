"""Which entry leads its story, and where its members contradict each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

from syndicate.core import lead, story
from syndicate.model import Attribution, Entry, Hop, Person, Publisher, Status

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def entry(id: str, said: Attribution, url: str = "", hours: int = 0, **more: object) -> Entry:
    return Entry(
        id=id,
        source=f"source-{id}",
        key=id,
        guid=id,
        title="t",
        attribution=said,
        received=NOW + timedelta(hours=hours),
        url=url,
        story=id,
        **more,  # type: ignore[arg-type]
    )


PAPER = Publisher("甲报", "https://paper.example/")
ORIGIN = entry(
    "origin",
    Attribution(source=PAPER, original_url="https://paper.example/1"),
    "https://paper.example/1",
    hours=5,
)
REPRINT = entry(
    "reprint",
    Attribution(
        source=Publisher("甲报"),
        authors=(Person("佚名"),),
        original_url="https://paper.example/1",
        rights="©",
        via=(Hop("乙网"),),
    ),
    "https://b.example/9",
)
IMPOSTOR = entry(
    "impostor",
    Attribution(
        source=Publisher("丙站", "https://c.example/"),
        authors=(Person("丁"),),
        original_url="https://paper.example/1",
        rights="©",
        licence="x",
    ),
    "https://paper.example/1",
)


def test_the_origin_leads_whenever_it_comes_and_whoever_copies_its_link() -> None:
    for members in permutations((ORIGIN, REPRINT, IMPOSTOR)):
        assert lead.lead(members) == "origin"


def test_without_an_origin_the_fuller_attribution_leads_then_the_earlier() -> None:
    bare = entry("bare", Attribution(source=Publisher("x"), via=(Hop("y"),)))
    full = entry(
        "full",
        Attribution(source=Publisher("x"), authors=(Person("a"),), via=(Hop("z"),)),
        hours=3,
    )
    later = entry("later", full.attribution, hours=4)
    assert lead.lead([bare, full, later]) == "full"


def test_two_authors_for_one_text_are_a_contradiction() -> None:
    one = entry("one", Attribution(authors=(Person("李　明"),)))
    same = entry("same", Attribution(authors=(Person("李明"),)))
    other = entry("other", Attribution(authors=(Person("王芳"),)))
    assert lead.contradictions([one, same]) == ()
    assert [kind for kind, _ in lead.contradictions([one, other])] == ["contradiction: author"]


def test_leaving_out_an_author_is_none() -> None:
    both = entry("both", Attribution(authors=(Person("李明"), Person("王芳"))))
    one = entry("one", Attribution(authors=(Person("王芳"),)))
    assert lead.contradictions([both, one]) == ()


def test_two_stated_sources_for_one_text_are_a_contradiction() -> None:
    first = entry("first", Attribution(source=Publisher("甲报"), via=(Hop("x"),)))
    second = entry("second", Attribution(source=Publisher("乙报"), via=(Hop("y"),)))
    assert [kind for kind, _ in lead.contradictions([first, second])] == ["contradiction: source"]


def test_only_what_is_published_leads() -> None:
    held = entry("held", ORIGIN.attribution, ORIGIN.url, status=Status.HELD)
    settled = {e.id: e for e in story.settle([held, REPRINT], "s")}
    assert not settled["held"].lead
    assert settled["reprint"].lead
    assert {e.story for e in settled.values()} == {"s"}


def test_an_editors_split_holds() -> None:
    assert story.ruled_apart("b", ["a", "c"], {("a", "b"): False})
    assert not story.ruled_apart("b", ["a", "c"], {("a", "b"): True})
