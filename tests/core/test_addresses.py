"""Which addresses may be dialled, and what `fetch.allow_networks` may say."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from syndicate.core import addresses


@pytest.mark.parametrize(
    "text",
    ["8.8.8.8", "93.184.215.14", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:2800::1",
     "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)  # fmt: skip
def test_the_public_net_may_be_dialled(text: str) -> None:
    assert addresses.forbidden(ip_address(text)) is None


@pytest.mark.parametrize(
    ("allow", "address", "port", "may"),
    [
        pytest.param("127.0.0.0/8", "127.9.9.9", 80, True, id="network"),
        pytest.param("127.0.0.1/8", "127.9.9.9", 80, True, id="network with host bits"),
        pytest.param("127.0.0.0/8", "10.0.0.1", 80, False, id="another network"),
        pytest.param("127.0.0.1:8081", "127.0.0.1", 8081, True, id="address and port"),
        pytest.param("127.0.0.1:8081", "127.0.0.1", 8082, False, id="another port"),
        pytest.param("127.0.0.1:8081", "127.0.0.2", 8081, False, id="another address"),
        pytest.param("127.0.0.1:8081", "::ffff:127.0.0.1", 8081, True, id="mapped"),
        pytest.param("127.0.0.1", "64:ff9b::7f00:1", 80, False, id="NAT64 is another place"),
        pytest.param("[::1]:80", "::1", 80, True, id="v6 and port"),
        pytest.param("::1", "::1", 443, True, id="v6"),
        pytest.param("fd00::/8", "fd12::1", 443, True, id="v6 network"),
        pytest.param("10.0.0.0/8:8080", "10.1.1.1", 8080, True, id="network and port"),
    ],
)
def test_allowed_networks(allow: str, address: str, port: int, may: bool) -> None:
    assert (addresses.guard([allow])(address, port) is None) is may


@pytest.mark.parametrize("text", ["", "localhost", "localhost:80", "10.0.0.1:0", "10.0.0.1:99999",
                                  "10.0.0.1:x", "300.1.1.1", "10.0.0.0/40", "[::1:80"])  # fmt: skip
def test_what_makes_no_sense_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"neither|not an address"):
        addresses.guard([text])


def test_the_reason_is_in_words() -> None:
    permit = addresses.guard([])
    assert permit("10.0.0.1", 80) == "10.0.0.1 is private"
    assert permit("64:ff9b::7f00:1", 80) == "64:ff9b::7f00:1 is loopback (127.0.0.1 inside)"
    assert permit("nonsense", 80) == "nonsense is not an address"
