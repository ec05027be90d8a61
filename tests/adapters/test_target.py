"""Addresses taken apart."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.adapters.target import redirected, target_of
from syndicate.errors import FetchError


@pytest.mark.parametrize(
    ("url", "key", "path", "authority"),
    [
        pytest.param(
            "HTTP://News.Example", ("http", "news.example", 80), "/", "news.example", id="bare"
        ),
        pytest.param(
            " https://a.example:8443/x y?q=法&r=%20#z ",
            ("https", "a.example", 8443),
            "/x%20y?q=%E6%B3%95&r=%20",
            "a.example:8443",
            id="escaped once",
        ),
        pytest.param(
            "http://清河.example/", ("http", "xn--gct9w8y.example", 80), "/", None, id="idna"
        ),
        pytest.param(
            "http://[2606:2800::1]:81/", ("http", "2606:2800::1", 81), "/", "[2606:2800::1]:81",
            id="v6",
        ),
        pytest.param(
            "http://a.example/?a[]=1|2", ("http", "a.example", 80), "/?a[]=1|2", None, id="brackets"
        ),
    ],
)  # fmt: skip
def test_target_of(url: str, key: tuple[str, str, int], path: str, authority: str | None) -> None:
    target = target_of(url)
    assert (target.key[0], target.key[2], target.path) == (key[0], key[2], path)
    if authority is None:
        assert target.host.isascii()
    else:
        assert (target.host, target.authority) == (key[1], authority)


@given(st.text(max_size=40), st.binary(max_size=40))
def test_whatever_comes_is_a_target_or_a_reason(text: str, location: bytes) -> None:
    start = target_of("http://a.example/b")
    try:
        found = target_of(f"http://{text}")
        assert found.host.isascii() or ":" in found.host
        assert found.path.isascii()
        assert "\n" not in found.path
        assert " " not in found.path
    except FetchError:
        pass
    with contextlib.suppress(FetchError):
        assert redirected(start, location, start.url).scheme in ("http", "https")
