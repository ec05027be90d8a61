from __future__ import annotations

import re

import pytest
from still import Still, hidden, letters

from syndicate.jobs import claims as job

CLAIM = {
    "kind": "takedown",
    "name": "某出版社",
    "email": "rights@press.example",
    "url": "https://news.example/articles/x.html",
    "text": "本文版权属于本社，请撤下。",
}


def test_number_and_due_date(site: Still) -> None:
    answer = site.client().post("/claims", data=CLAIM)
    assert answer.status_code == 200
    assert "C00001" in answer.text
    assert "2026年12月24日" in answer.text
    claim, steps = job.get(site.database, 1)
    assert (claim.name, claim.text) == (CLAIM["name"], CLAIM["text"])
    assert [step.what for step in steps] == ["received"]
    letter = letters(site)[0]
    assert letter["email"] == CLAIM["email"]
    assert "C00001" in letter["text"]
    assert CLAIM["text"] not in letter["text"], "nothing of the claimant's is mailed"
    assert CLAIM["name"] not in letter["text"]
    assert not letter["html"]


def test_mails_under_the_limits_of_sign_ups(site: Still) -> None:
    client = site.client()
    answers = [client.post("/claims", data=CLAIM).status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]
    assert len(letters(site)) == 1


@pytest.mark.parametrize("field", ["kind", "name", "email", "text"])
def test_what_is_missing(site: Still, field: str) -> None:
    answer = site.client().post("/claims", data={**CLAIM, field: ""})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    if field != "text":
        assert CLAIM["text"] in answer.text, "what was written is not lost"
    assert not list(job.listed(site.database))


def test_script_stays_text(site: Still) -> None:
    bad = '"><script>alert(1)</script>'
    page = site.client().post("/claims", data={**CLAIM, "email": "x", "name": bad, "text": bad})
    assert "<script>alert" not in page.text


def test_bytes_that_are_not_percent_encoded(site: Still) -> None:
    body = "&".join(f"{name}={value}" for name, value in CLAIM.items()).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert site.client().post("/claims", content=body, headers=headers).status_code == 200
    assert job.get(site.database, 1)[0].name == CLAIM["name"]


def test_multipart(site: Still) -> None:
    fields = {name: (None, value) for name, value in CLAIM.items()}
    assert site.client().post("/claims", files=fields).status_code == 200
    assert job.get(site.database, 1)[0].text == CLAIM["text"]


def test_a_file_or_a_thousand_fields(site: Still) -> None:
    files = {"text": ("a.txt", b"x")}
    assert site.client().post("/claims", files=files).status_code == 400
    body = b"&".join(b"a=b" for _ in range(1000))
    assert site.client().post("/claims", content=body).status_code == 400


def test_the_page_has_all_fields(site: Still) -> None:
    page = site.client().get("/claims?url=https://news.example/articles/x.html").text
    assert set(re.findall(r'name="(\w+)"', page)) >= set(CLAIM)
    assert hidden(page)
    assert "https://news.example/articles/x.html" in page
