from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from still import NOW, Still, settings_in

from syndicate.adapters.store import figures, leases, sources
from syndicate.adapters.store.leases import Lease
from syndicate.adapters.store.sources import SourceState
from syndicate.core import phrases
from syndicate.model import Rhythm
from syndicate.web import security

ROOT = Path(__file__).resolve().parent.parent.parent
PROXY = "127.0.0.1"


def scope(peer: str, **headers: str) -> dict[str, object]:
    raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return {"type": "http", "client": (peer, 1), "scheme": "http", "headers": raw}


@pytest.mark.parametrize(
    ("peer", "trusted", "forwarded", "expected"),
    [
        pytest.param("203.0.113.5", (), "1.2.3.4", "203.0.113.5", id="nobody is trusted"),
        pytest.param("203.0.113.5", (PROXY,), "1.2.3.4", "203.0.113.5", id="a stranger lies"),
        pytest.param(PROXY, (PROXY,), "1.2.3.4", "1.2.3.4", id="one proxy"),
        pytest.param(PROXY, (PROXY,), "9.9.9.9, 1.2.3.4", "1.2.3.4", id="the client lies"),
        pytest.param(PROXY, (PROXY, "10.0.0.0/8"), "1.2.3.4, 10.1.1.1", "1.2.3.4", id="two"),
        pytest.param(PROXY, (PROXY,), "", PROXY, id="none stated"),
        pytest.param("::ffff:127.0.0.1", (PROXY,), "1.2.3.4", "1.2.3.4", id="mapped"),
    ],
)
def test_client(peer: str, trusted: tuple[str, ...], forwarded: str, expected: str) -> None:
    made = scope(peer, x_forwarded_for=forwarded, x_forwarded_proto="https", host="h")
    found = security.client(made, trusted)
    assert found.address == expected
    assert found.scheme == ("https" if security.trusts(peer, trusted) else "http")


@pytest.mark.parametrize("mark", ["", ".", "x.y", "1.", "99999999999999.a", "-1.a"])
def test_marks_that_are_none(mark: str) -> None:
    assert not security.holds_form(b"s", "", mark, NOW)


def test_marks() -> None:
    mark = security.sign_form(b"s", "session", NOW)
    assert security.holds_form(b"s", "session", mark, NOW + timedelta(hours=23))
    assert not security.holds_form(b"s", "session", mark, NOW + timedelta(hours=25))
    assert not security.holds_form(b"s", "other", mark, NOW)
    assert not security.holds_form(b"t", "session", mark, NOW)


def test_phrases_are_complete() -> None:
    for name, both in phrases._PHRASES.items():
        assert all(both), name
        places = [
            set(text.split("{")[1:]) and sorted(p.split("}")[0] for p in text.split("{")[1:])
            for text in both
        ]
        assert places[0] == places[1], name


def test_health(site: Still) -> None:
    client = site.client()
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json() == {
        "ready": True, "database": "ok", "scheduler": "ok", "mail": "ok",
    }  # fmt: skip
    site.wrong = {"mail": "refused"}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["mail"] == "refused"
    counted = client.get("/metrics")
    assert counted.status_code == 200
    assert 'syndicate_entries{status="published"} 0.0' in counted.text
    assert 'syndicate_http_requests_total{part="pages",status="200"}' in counted.text


def lease(site: Still, **changes: object) -> None:
    fields = {
        "source": "gov", "hub": "https://hub.example/", "topic": "https://gov.example/rss.xml",
        "secret": "s3", "asked": NOW, **changes,
    }  # fmt: skip
    with site.database.begin() as conn:
        leases.save(conn, Lease(**fields))  # type: ignore[arg-type]


def known(site: Still) -> Lease:
    with site.database.read() as conn:
        found = leases.get(conn, "gov")
    assert found is not None
    return found


def test_hub_verifies(site: Still) -> None:
    asked = {
        "hub.mode": "subscribe",
        "hub.topic": "https://gov.example/rss.xml",
        "hub.challenge": "<c>",
        "hub.lease_seconds": "86400",
    }
    client = site.client()
    assert client.get("/websub/gov", params=asked).status_code == 404, "never asked for"
    lease(site)
    answer = client.get("/websub/gov", params=asked)
    assert (answer.status_code, answer.text) == (200, "<c>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert known(site).until == NOW + timedelta(days=1)
    other = {**asked, "hub.topic": "https://other.example/"}
    assert client.get("/websub/gov", params=other).status_code == 404
    leave = {**asked, "hub.mode": "unsubscribe"}
    assert client.get("/websub/gov", params=leave).status_code == 404
    no = {**asked, "hub.mode": "denied", "hub.reason": "full"}
    assert client.get("/websub/gov", params=no).status_code == 200
    assert (known(site).until, known(site).error) == (None, "full")


@pytest.mark.parametrize(
    ("method", "secret", "woken"),
    [
        ("sha256", "s3", True),
        ("sha1", "s3", True),
        ("sha256", "wrong", False),
        ("md5", "s3", False),
    ],
)
def test_push(site: Still, method: str, secret: str, woken: bool) -> None:
    lease(site, until=NOW + timedelta(days=1))
    body = b"<rss/>" * 20_000
    signature = hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()
    headers = {"X-Hub-Signature": f"{method}={signature}"}
    answer = site.client().post("/websub/gov", content=body, headers=headers)
    assert answer.status_code == 202
    assert site.woken == ([("ingest", "gov")] if woken else [])
    assert (known(site).pushed is not None) is woken


def test_push_without_signature_or_subscription(site: Still) -> None:
    assert site.client().post("/websub/gov", content=b"x").status_code == 410
    lease(site)
    assert site.client().post("/websub/gov", content=b"x").status_code == 202
    assert not site.woken


def test_proxies_are_asked_from_the_config(site: Still, tmp_path) -> None:  # type: ignore[no-untyped-def]
    site.settings = settings_in(tmp_path, trusted_proxies=("198.51.100.7",))
    codes = []
    for number in range(7):
        headers = {"X-Forwarded-For": f"203.0.113.{number}"}
        data = {"email": f"a{number}@mail.example"}
        codes.append(site.client().post("/subscribe", data=data, headers=headers).status_code)
    assert codes == [200] * 7


def test_the_grafana_dashboard_asks_for_figures_that_there_are(site: Still) -> None:
    """Each expression's metric is exported by a site in which everything has happened."""
    with site.database.begin() as conn:
        figures.add(conn, NOW, figures.OUT, [3])
        sources.save(
            conn, [SourceState("gov", "https://gov.example/rss.xml", Rhythm(last=NOW), took=9)]
        )
    site.client().get("/nope")
    exported = set(
        re.findall(r"^(?:# HELP )?(syndicate_\w+)", site.client().get("/metrics").text, re.M)
    )
    board = json.loads((ROOT / "deploy" / "grafana.json").read_text("utf-8"))
    asked = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"syndicate_\w+", target["expr"])
    }
    assert len(asked) > 10
    assert asked <= exported
