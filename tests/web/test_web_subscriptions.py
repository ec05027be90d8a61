from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from still import NOW, Still, hidden, letters

from syndicate.adapters.store import outbox
from syndicate.adapters.store import subscribers as store
from syndicate.model import Subscriber, SubscriberState


def person(site: Still, email: str = "wang@mail.example") -> Subscriber | None:
    with site.database.read() as conn:
        return store.by_email(conn, email)


def signed_up(site: Still, **fields: str) -> str:
    """The path of the confirmation link."""
    answer = site.client().post("/subscribe", data={"email": "wang@mail.example", **fields})
    assert answer.status_code == 200
    return str(letters(site)[-1]["link"])


def confirmed(site: Still) -> Subscriber:
    assert site.client().post(signed_up(site)).status_code == 200
    found = person(site)
    assert found is not None
    return found


def link(site: Still, purpose: str) -> str:
    from syndicate.core import tokens

    found = person(site)
    assert found is not None
    token = tokens.make(site.settings.web.secret.encode(), purpose, found.id, found.token_salt)
    return f"/{purpose}/{token}"


def test_double_opt_in(site: Still) -> None:
    path = signed_up(site, digest="weekly", column="law", frequency="daily", timezone="Europe/Oslo")
    found = person(site)
    assert found is not None
    assert found.state is SubscriberState.UNCONFIRMED
    assert (found.digests, found.columns, found.frequency) == (("weekly",), ("law",), "daily")
    assert site.woken == [("deliver",)]
    letter = letters(site)[0]
    assert letter["kind"] == "letter"
    assert letter["email"] == "wang@mail.example"
    page = site.client().get(path)
    assert page.status_code == 200
    assert page.text.count("<button") == 2, "one of them is the site's search"
    assert (after := person(site)) is not None
    assert after.state is SubscriberState.UNCONFIRMED, "GET changes nothing"
    assert site.client().post(path).status_code == 200
    assert (after := person(site)) is not None
    assert after.state is SubscriberState.CONFIRMED
    assert after.joined == NOW


def test_same_answer_for_known_and_unknown(site: Still) -> None:
    confirmed(site)
    client = site.client("198.51.100.99")
    known = client.post("/subscribe", data={"email": "wang@mail.example"})
    unknown = client.post("/subscribe", data={"email": "li@mail.example"})
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)


def test_a_stranger_changes_nothing_of_the_confirmed(site: Still) -> None:
    before = confirmed(site)
    site.later(days=2)
    site.client().post("/subscribe", data={"email": "WANG@mail.example", "digest": "weekly"})
    assert person(site) == before
    assert letters(site)[-1]["link"].startswith("/preferences/")


def test_ten_thousand_sign_ups_send_one_mail(site: Still) -> None:
    for number in range(40):
        client = site.client(f"203.0.113.{number}")
        client.post("/subscribe", data={"email": "wang@mail.example"})
    assert len(letters(site)) == 1


def test_one_mail_a_day_and_three_ever(site: Still) -> None:
    for _ in range(10):
        site.client().post("/subscribe", data={"email": "wang@mail.example"})
        site.later(hours=25)
    assert len(letters(site)) == 3


def test_five_an_hour_for_a_client(site: Still) -> None:
    client = site.client()
    for number in range(5):
        answer = client.post("/subscribe", data={"email": f"a{number}@mail.example"})
        assert answer.status_code == 200
    refused = client.post("/subscribe", data={"email": "a9@mail.example"})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    other = site.client("198.51.100.8")
    assert other.post("/subscribe", data={"email": "a9@mail.example"}).status_code == 200
    site.later(hours=1)
    assert client.post("/subscribe", data={"email": "a10@mail.example"}).status_code == 200


def test_a_network_of_ipv6_is_one_client(site: Still) -> None:
    codes = [
        site.client(f"2001:db8::{number}").post(
            "/subscribe", data={"email": f"a{number}@mail.example"}
        )
        for number in range(1, 7)
    ]
    assert [answer.status_code for answer in codes] == [200] * 5 + [429]


def test_the_honeypot_answers_alike_and_does_nothing(site: Still) -> None:
    data = {"email": "wang@mail.example", "website": "https://spam.example"}
    assert site.client().post("/subscribe", data=data).status_code == 200
    assert not letters(site)
    assert person(site) is None


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"email": "no address"}, id="address"),
        pytest.param({"email": "a@b.example\r\nBcc: c@d.example"}, id="header"),
        pytest.param({"email": "a@b.example", "digest": "nope"}, id="digest"),
        pytest.param({"email": "a@b.example", "digest": "board"}, id="not public"),
        pytest.param({"email": "a@b.example", "column": "nope"}, id="column"),
        pytest.param({"email": "a@b.example", "frequency": "hourly"}, id="frequency"),
        pytest.param({"email": "a@b.example", "hour": "24"}, id="hour"),
        pytest.param({"email": "a@b.example", "timezone": "../../etc/passwd"}, id="zone"),
        pytest.param({"email": "a@b.example", "language": "<b>"}, id="language"),
        pytest.param({}, id="nothing"),
    ],
)
def test_bad_forms(site: Still, fields: dict[str, str]) -> None:
    answer = site.client().post("/subscribe", data=fields)
    assert answer.status_code == 400
    assert not letters(site)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Origin": "https://evil.example"}, 403, id="other origin"),
        pytest.param({"Origin": "null"}, 403, id="null origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="cross site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="same site is not same origin"),
        pytest.param({"Origin": "https://news.example"}, 403, id="ours, but without a mark"),
        pytest.param({}, 200, id="no browser"),
    ],
)
def test_forms_of_others(site: Still, headers: dict[str, str], status: int) -> None:
    data = {"email": "wang@mail.example"}
    answer = site.client().post("/subscribe", data=data, headers=headers)
    assert answer.status_code == status
    assert len(letters(site)) == (status == 200)


def test_a_browsers_form(site: Still) -> None:
    client = site.client()
    mark = hidden(client.get("/subscribe").text)
    ours = {"Origin": "https://news.example", "Sec-Fetch-Site": "same-origin"}
    data = {"email": "wang@mail.example", "form": mark}
    assert client.post("/subscribe", data=data, headers=ours).status_code == 200
    forged = {**data, "form": mark[:-1] + ("0" if mark[-1] != "0" else "1")}
    assert client.post("/subscribe", data=forged, headers=ours).status_code == 403
    site.later(days=2)
    assert client.post("/subscribe", data=data, headers=ours).status_code == 403, "too old"


def test_one_click(site: Still) -> None:
    """RFC 8058: the POST of a mail provider, from anywhere, as often as it likes."""
    confirmed(site)
    path = link(site, "unsubscribe")
    client = site.client()
    assert client.get(path).status_code == 200
    assert (found := person(site)) is not None
    assert found.state is SubscriberState.CONFIRMED
    headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    for _ in range(20):
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"}, headers=headers)
        assert answer.status_code == 200
    assert (found := person(site)) is not None
    assert found.state is SubscriberState.UNSUBSCRIBED
    multipart = client.post(path, files={"List-Unsubscribe": (None, "One-Click")})
    assert multipart.status_code == 200


def test_a_changed_character_is_another_token(site: Still) -> None:
    confirmed(site)
    for purpose in ("unsubscribe", "preferences"):
        path = link(site, purpose)
        for at in range(len(purpose) + 2, len(path)):
            other = path[:at] + ("A" if path[at] != "A" else "B") + path[at + 1 :]
            assert site.client().post(other).status_code == 404
            if at > len(purpose) + 6:
                break
        last = path[:-1] + ("A" if path[-1] != "A" else "B")
        assert site.client().post(last).status_code == 404
    assert (found := person(site)) is not None
    assert found.state is SubscriberState.CONFIRMED


def test_a_token_is_for_one_purpose(site: Still) -> None:
    confirmed(site)
    token = link(site, "unsubscribe").rpartition("/")[2]
    for purpose in ("confirm", "preferences"):
        assert site.client().get(f"/{purpose}/{token}").status_code == 404


def test_an_old_confirmation_does_not_bring_back(site: Still) -> None:
    path = signed_up(site)
    client = site.client()
    assert client.post(path).status_code == 200
    assert client.post(path).status_code == 200, "pressed twice"
    client.post(link(site, "unsubscribe"))
    assert client.post(path).status_code == 404
    assert (found := person(site)) is not None
    assert found.state is SubscriberState.UNSUBSCRIBED


def test_preferences(site: Still) -> None:
    confirmed(site)
    path, client = link(site, "preferences"), site.client()
    page = client.get(path).text
    assert page.count('name="digest"') == 2, "the one that is not public is not offered"
    data = {
        "listed": "1",
        "digest": "weekly",
        "column": ["law", "life"],
        "frequency": "weekly",
        "hour": "7",
        "language": "en",
        "timezone": "Europe/Berlin",
        "pause_until": "2026-12-24",
        "text_only": "1",
    }
    answer = client.post(path, data=data)
    assert answer.status_code == 200
    assert "Saved." in answer.text
    found = person(site)
    assert found is not None
    assert (found.digests, found.columns) == (("weekly",), ("law", "life"))
    assert (found.frequency, found.language, found.timezone) == ("weekly", "en", "Europe/Berlin")
    assert (found.hour, found.text_only) == (7, True)
    assert '<option value="7" selected>07:00</option>' in client.get(path).text
    assert found.paused_until is not None
    assert found.paused_until.isoformat() == "2026-12-23T23:00:00+00:00"
    client.post(path, data={**data, "pause_until": "", "hour": ""})
    assert (found := person(site)) is not None
    assert (found.paused_until, found.hour) == (None, None)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"listed": "1"}, id="no digest"),
        pytest.param({"digest": "board"}, id="not public"),
        pytest.param({"pause_until": "never"}, id="date"),
        pytest.param({"action": "erase"}, id="not sure"),
    ],
)
def test_preferences_that_cannot_be(site: Still, data: dict[str, str]) -> None:
    before = confirmed(site)
    assert site.client().post(link(site, "preferences"), data=data).status_code == 400
    assert person(site) == before


def test_export_and_erase(site: Still) -> None:
    confirmed(site)
    path, client = link(site, "preferences"), site.client()
    data = client.post(path, data={"action": "export"}).json()
    assert data["email"] == "wang@mail.example"
    assert [row["what"] for row in data["record"]] == ["signed up", "confirmed"]
    assert client.post(path, data={"action": "erase", "sure": "1"}).status_code == 200
    assert person(site) is None
    assert client.get(path).status_code == 404
    with site.database.read() as conn:
        assert {row.email for row in conn.execute(outbox.messages.select())} == {""}


def test_a_body_is_bounded(client: TestClient) -> None:
    answer = client.post("/subscribe", data={"email": "a" * 70_000})
    assert answer.status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(10):
            yield b"a" * 10_000

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post("/subscribe", content=pieces(), headers=headers)
    assert answer.status_code == 413


def test_another_method(client: TestClient) -> None:
    assert client.put("/subscribe").status_code == 405
    assert client.delete("/claims").status_code == 405


def test_a_day_of_pause_is_in_the_zone_of_the_reader(site: Still) -> None:
    confirmed(site)
    site.client().post(link(site, "preferences"), data={"pause_until": "2026-11-30"})
    found = person(site)
    assert found is not None
    assert found.paused_until == NOW - timedelta(hours=8) + timedelta(days=6)
