"""Whatever an entry holds, its feeds pass strict checks that were written apart (validators.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from feedgen.feed import FeedGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from syndicate.core import feed
from syndicate.core.feed import FORMATS, Format, Tombstone
from syndicate.core.outgoing import outgoing
from syndicate.model import Entry, GivenDate
from tests import validators
from tests.core.test_feed import SETTINGS, an_entry, entries

GRAMMAR = etree.RelaxNG(etree.parse(str(Path(__file__).parents[1] / "atom.rng")))


def atom_grammar(data: bytes) -> list[str]:
    """What the grammar of RFC 4287 (tests/atom.rng) has against a feed."""
    GRAMMAR.validate(etree.fromstring(data))
    return [str(error) for error in GRAMMAR.error_log]


CHECKS: dict[Format, Callable[[bytes], list[str]]] = {
    "rss": validators.rss, "atom": validators.atom, "json": validators.json_feed,
}  # fmt: skip


def emitted(format: Format, found: list[Entry]) -> bytes:
    channel = feed.channel(SETTINGS, "law", f"law/{FORMATS[format]}", "news.example,2026")
    when = datetime(2026, 11, 24, tzinfo=UTC)
    channel = replace(
        channel,
        previous="law/archive/2026-10.atom.xml",
        hubs=("https://hub.example/",),
        tombstones=(Tombstone("tag:news.example,2026:gone", when),),
    )
    return feed.emit(format, channel, [outgoing(entry, SETTINGS) for entry in found])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entry=entries)
def test_any_entry_is_of_the_grammar(entry: Entry) -> None:
    assert atom_grammar(emitted("atom", [entry])) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"<updated>", b"<updated>x", id="a time that is none"),
        pytest.param(b"<entry", b"<strange/><entry", id="an element that is not Atom's"),
        pytest.param(b"<id>", b"<id>not an iri ", id="an id that is no IRI"),
    ],
)
def test_the_grammar_sees_what_is_wrong(old: bytes, new: bytes) -> None:
    assert atom_grammar(emitted("atom", [an_entry()]).replace(old, new, 1)) != []


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entry=entries)
def test_any_entry_is_valid(format: Format, entry: Entry) -> None:
    assert CHECKS[format](emitted(format, [entry])) == []


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="nothing known"),
        pytest.param({"title": "<b>x</b> & ]]>"}, id="markup in the title"),
        pytest.param({"title": "\x00\x0b\ufffe\ud800"}, id="a title of nothing"),
        pytest.param({"title": "\u202eمرحبا😀" * 2000}, id="huge, right to left, emoji"),
        pytest.param({"content_html": "", "content_text": "", "summary": ""}, id="no text"),
        pytest.param({"guid": "http://[::1"}, id="an id that is nearly an address"),
        pytest.param({"language": "zh_CN!"}, id="a language that is none"),
        pytest.param({"url": "javascript:alert(1)"}, id="a link that is none"),
    ],
)
def test_an_odd_entry_is_valid(format: Format, changes: dict[str, str]) -> None:
    assert CHECKS[format](emitted(format, [an_entry(**changes)])) == []


def test_feedgen_takes_what_an_entry_of_ours_has() -> None:
    """Its own checks of required fields, on the entry that we write without it."""
    root = validators._parse(emitted("atom", [an_entry()]))
    found = root.find(validators.ATOM + "entry")
    made = FeedGenerator()
    made.id("tag:x.example,2026:x")
    made.title("x")
    made.updated(datetime(2026, 1, 1, tzinfo=UTC))
    entry = made.add_entry()
    for name, put in (("id", entry.id), ("title", entry.title), ("updated", entry.updated)):
        put(found.findtext(validators.ATOM + name))
    entry.content(found.findtext(validators.ATOM + "content"), type="html")
    assert b"<entry>" in made.atom_str()


BROKEN = st.sampled_from(
    [
        ("atom", b"<title>", b"<title/><title>"),
        ("atom", b"<updated>", b"<updated>yesterday "),
        ("atom", b'rel="alternate"', b'rel="somehow"'),
        ("rss", b"<pubDate>", b"<pubDate>24 "),
        ("rss", b'isPermaLink="false"', b""),
        ("json", b'"content_html"', b'"content_htm"'),
    ]
)


@given(broken=BROKEN)
@settings(max_examples=20, deadline=None)
def test_the_checks_find_what_is_wrong(broken: tuple[Format, bytes, bytes]) -> None:
    format, old, new = broken
    entry = an_entry(attribution=replace(an_entry().attribution, published=GivenDate("2022-06-24")))
    data = emitted(format, [entry])
    assert old in data
    assert CHECKS[format](data.replace(old, new)) != []
