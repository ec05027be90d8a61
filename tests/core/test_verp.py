"""Addresses that prove whom they are about, and survive what relays do to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.core import verp

SECRET = b"a secret of tests"
BASE = "bounces@news.example"
IDS = ["0123456789abcdef", "A-b_c", "a", "订阅者"]


@pytest.mark.parametrize("who", IDS)
def test_there_and_back(who: str) -> None:
    address = verp.return_path(BASE, SECRET, who)
    assert address.startswith("bounces+")
    assert address.endswith("@news.example")
    for seen in (address, address.upper(), f" <{address}> "):
        assert verp.subscriber(seen, BASE, SECRET) == who


@pytest.mark.parametrize("who", IDS)
def test_a_purpose_is_not_another(who: str) -> None:
    assert verp.unsubscriber(verp.return_path(BASE, SECRET, who), BASE, SECRET) is None
    leaving = verp.unsubscribe_address(BASE, SECRET, who)
    assert verp.subscriber(leaving, BASE, SECRET) is None
    assert verp.unsubscriber(leaving, BASE, SECRET) == who
    subject = verp.unsubscribe_subject(SECRET, who)
    assert verp.find(f"Re: {subject}", SECRET, verp.Purpose.UNSUBSCRIBE) == who


def test_an_address_of_ours_fits_a_local_part() -> None:
    local = verp.return_path(BASE, SECRET, "0123456789abcdef").partition("@")[0]
    assert len(local) <= 64


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("bounces@news.example", id="the base alone"),
        pytest.param("bounces+0123456789abcdef@news.example", id="no signature"),
        pytest.param("", id="empty"),
        pytest.param("<>", id="null"),
        pytest.param(verp.return_path(BASE, b"other", "0123456789abcdef"), id="another secret"),
        pytest.param(
            verp.return_path("bounces@evil.example", SECRET, "0123456789abcdef"),
            id="another domain",
        ),
    ],
)
def test_what_is_not_ours(address: str) -> None:
    assert verp.subscriber(address, BASE, SECRET) is None


def test_wrapped_by_a_forwarder() -> None:
    ours = verp.return_path(BASE, SECRET, "0123456789abcdef")
    local, _, domain = ours.partition("@")
    wrapped = f"SRS0=ab12=XY={domain}={local}@forwarder.example"
    assert verp.subscriber(wrapped, BASE, SECRET) == "0123456789abcdef"


@given(st.data())
def test_a_changed_character_is_refused(data: st.DataObject) -> None:
    ours = verp.return_path(BASE, SECRET, "0123456789abcdef")
    at = data.draw(st.integers(len("bounces+"), ours.index("@") - 1))
    char = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789-_"))
    changed = ours[:at] + char + ours[at + 1 :]
    assert verp.subscriber(changed, BASE, SECRET) == (
        "0123456789abcdef" if changed == ours else None
    )
