"""Identity: which entry is this, and what it is known by."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import identity
from syndicate.core.identity import Known, Marks, recognise
from syndicate.model import Attribution, Entry, ParsedEntry

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def marks(id: str | None = None, link: str | None = None, text: str = "text") -> Marks:
    return identity.marks(ParsedEntry(id=id, link=link, title="t"), text)


OLD = marks("old", "https://a.example/1", "the text")
RECALLED = dict.fromkeys(OLD.all(), "entry1")


@pytest.mark.parametrize(
    ("item", "claimed", "found"),
    [
        pytest.param(OLD, (), Known("entry1", "id"), id="the same"),
        pytest.param(
            marks("old", "https://a.example/2", "x"), (), Known("entry1", "id"), id="by its id"
        ),
        pytest.param(
            marks(None, "http://www.a.example/1/", "x"),
            (),
            Known("entry1", "link"),
            id="by its link, spelt otherwise",
        ),
        pytest.param(marks(None, None, "the text"), (), Known("entry1", "text"), id="by its text"),
        pytest.param(
            marks("renamed", "https://a.example/1", "the text"),
            (),
            Known("entry1", "text"),
            id="its id renamed, its text known",
        ),
        pytest.param(
            marks("other", "https://a.example/1", "another text"),
            (),
            Known("entry1", "link", doubtful=True),
            id="another id under a known link is doubtful",
        ),
        pytest.param(
            marks("other", "https://a.example/1", "another text"),
            ("entry1",),
            None,
            id="a link that another item of the document claims",
        ),
        pytest.param(marks("new", "https://a.example/9", "new"), (), None, id="new"),
    ],
)
def test_recognise(item: Marks, claimed: tuple[str, ...], found: Known | None) -> None:
    assert recognise(item, RECALLED, claimed) == found


@given(st.text(), st.text())
def test_ids_of_entries_have_the_contracts_form(source: str, key: str) -> None:
    made = identity.entry_id(source, key)
    assert made == identity.entry_id(source, key)
    assert len(made) >= 12
    assert made.isalnum()
    assert made == made.lower()


@pytest.mark.parametrize(
    ("text", "is_iri"),
    [
        ("https://a.example/1", True),
        ("tag:a.example,2026:1", True),
        ("https://例.example/新闻?a[]=1#b", True),
        ("http://[2001:db8::1]:8080/x", True),
        ("http://[::1", False),
        ("https://a.example/100%", False),
        ("https://a.example/x[1]", False),
        ("tag:a#b#c", False),
        ("urn:", False),
        ("urn:uuid:1234", True),
        ("17", False),
        ("a b:c", False),
        ("", False),
    ],
)
def test_is_iri(text: str, is_iri: bool) -> None:
    assert identity.is_iri(text) is is_iri


def test_an_id_that_is_no_iri_says_nothing_outside_its_source() -> None:
    assert identity.story_keys("", None, "17") == ()
    assert identity.story_keys("", None, "tag:a.example,2026:1") != ()


def an_entry(**fields: object) -> Entry:
    given = {
        "id": "e1",
        "source": "a",
        "key": "k",
        "guid": "k",
        "title": "Title",
        "attribution": Attribution(original_url="https://o.example/1", original_id="tag:o,1:1"),
        "received": NOW,
        "url": "https://a.example/1",
        "content_text": "The text, whole.",
        **fields,
    }
    return Entry(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "key", "url", "said", "text"),
    [
        pytest.param("a", "k", "", Attribution(), "x", id="same source and key"),
        pytest.param("b", "z", "http://a.example/1?utm_source=x", Attribution(), "x", id="link"),
        pytest.param(
            "b", "z", "", Attribution(original_url="https://o.example/1"), "x", id="original"
        ),
        pytest.param("b", "z", "", Attribution(original_id="tag:o,1:1"), "x", id="upstream id"),
        pytest.param("b", "z", "", Attribution(), "the text — whole", id="text, title aside"),
    ],
)
def test_what_was_retracted_is_known_again(
    source: str, key: str, url: str, said: Attribution, text: str
) -> None:
    kept = set(identity.retraction_marks(an_entry(), whole_story=True))
    assert kept & set(identity.arriving_marks(source, key, url, said, text))


def test_a_retraction_of_one_entry_alone_does_not_know_its_text() -> None:
    kept = set(identity.retraction_marks(an_entry(), whole_story=False))
    arriving = identity.arriving_marks("b", "z", "", Attribution(), "The text, whole.")
    assert not kept & set(arriving)


def test_keyed_marks_need_the_secret() -> None:
    mark = identity.mark("id", "1")
    assert identity.keyed(b"one", mark) != identity.keyed(b"two", mark)


@pytest.mark.parametrize(
    ("site", "made"),
    [
        pytest.param("https://news.example/", "news.example,2026", id="a host"),
        pytest.param("http://127.0.0.1:8080/x/", "127.0.0.1,2026", id="an address"),
        pytest.param("https://新闻.example/", "xn--efvy88h.example,2026", id="Chinese"),
        pytest.param("https://[2001:db8::1]/", identity.NO_AUTHORITY, id="no name"),
    ],
)
def test_tags_are_of_the_sites_host(site: str, made: str) -> None:
    assert identity.authority(site) == made
    assert identity.is_iri(identity.tag("abc", made))
