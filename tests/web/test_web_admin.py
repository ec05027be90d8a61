from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient
from still import NOW, TOKEN, Still, hidden, letters, settings_in

from syndicate.adapters.store import entries, figures, received, stories
from syndicate.core import compare, latency, phrases
from syndicate.core.claims import Demand, State
from syndicate.core.compare import Side
from syndicate.core.sections import places
from syndicate.jobs import claims, subscribe
from syndicate.model import (
    Attribution,
    EditionState,
    Entry,
    Health,
    Hop,
    MessageState,
    Publisher,
    Status,
    SubscriberState,
)
from syndicate.settings import Source

PAGES = (
    "",
    "entries",
    "columns",
    "sources",
    "claims",
    "digests",
    "deliveries",
    "subscribers",
    "reports",
    "audit",
)
OURS = {"Origin": "https://news.example", "Sec-Fetch-Site": "same-origin"}


def add(site: Still, id: str, **changes: object) -> Entry:
    fields = {
        "id": id, "source": "gov", "key": id, "guid": id, "title": f"标题 {id}",
        "attribution": Attribution(source=Publisher("公报")), "received": NOW, "story": id,
        "column": "law", "columns": ("law",), "content_text": "正文",
        "url": f"https://gov.example/{id}", **changes,
    }  # fmt: skip
    entry = Entry(**fields)  # type: ignore[arg-type]
    with site.database.begin() as conn:
        entries.save(conn, [(entry, places(site.settings.columns, entry.columns))])
    return entry


def known(site: Still, id: str) -> Entry:
    with site.database.read() as conn:
        entry = entries.get(conn, id)
    assert entry is not None
    return entry


@pytest.fixture
def editor(site: Still) -> TestClient:
    client = site.client()
    mark = hidden(client.get("/admin/login").text)
    answer = client.post("/admin/login", data={"token": TOKEN, "form": mark}, headers=OURS)
    assert answer.status_code == 303
    return client


def do(client: TestClient, path: str, **fields: str) -> int:
    """Fill in a form of a page and send it as a browser does."""
    data = {"form": hidden(client.get(path).text), **fields}
    return client.post(path, data=data, headers=OURS).status_code


def test_without_a_token_there_is_no_dashboard(site: Still, tmp_path) -> None:  # type: ignore[no-untyped-def]
    site.settings = settings_in(tmp_path, admin_token="")
    for path in ("/admin/", "/admin/login", "/admin/entries"):
        assert site.client().get(path).status_code == 404
    empty = {"Authorization": "Bearer "}
    assert site.client().get("/admin/", headers=empty).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_strangers(client: TestClient, page: str) -> None:
    assert client.get(f"/admin/{page}").status_code == 401
    asked = client.get(f"/admin/{page}", headers={"Accept": "text/html"})
    assert asked.status_code == 303
    assert asked.headers["location"].endswith("login")
    wrong = {"Authorization": "Bearer wrong"}
    assert client.get(f"/admin/{page}", headers=wrong).status_code == 401


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_in_both_languages(site: Still, page: str, language: str) -> None:
    add(site, "aaaaaaaaaaaa")
    add(site, "bbbbbbbbbbbb", status=Status.HELD, held_for="no source")
    claims.receive(
        site.database, site.settings, Demand("takedown", "甲", "a@b.example", "", "请撤下"),
        secret=b"x", now=NOW,
    )  # fmt: skip
    subscribe.add(site.database, site.settings, "wang@mail.example", secret=b"x", now=NOW)
    headers = {"Authorization": f"bearer {TOKEN}", "Accept-Language": language}
    answer = site.client().get(f"/admin/{page}", headers=headers)
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_the_cookie(site: Still) -> None:
    client = site.client()
    mark = hidden(client.get("/admin/login").text)
    data = {"token": TOKEN, "form": mark}
    cookie = client.post("/admin/login", data=data, headers=OURS).headers["set-cookie"]
    assert cookie.startswith("__Host-syndicate=")
    for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert client.get("/admin/").status_code == 200
    site.later(hours=13)
    assert client.get("/admin/").status_code == 401


def test_another_token_ends_sessions(site: Still, editor: TestClient, tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert editor.get("/admin/").status_code == 200
    site.settings = settings_in(tmp_path, admin_token="another")
    assert editor.get("/admin/").status_code == 401


def test_logout(editor: TestClient) -> None:
    mark = hidden(editor.get("/admin/").text)
    assert editor.post("/admin/logout", data={"form": mark}, headers=OURS).status_code == 303
    assert editor.get("/admin/").status_code == 401


def test_guessing_is_limited(site: Still) -> None:
    client = site.client()
    codes = {client.post("/admin/login", data={"token": f"no{n}"}).status_code for n in range(12)}
    assert codes == {401, 429}
    assert client.post("/admin/login", data={"token": TOKEN}).status_code == 429


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, OURS],
    ids=["none", "origin", "cross", "ours without the mark"],
)
def test_forms_need_the_sessions_mark(
    site: Still, editor: TestClient, headers: dict[str, str]
) -> None:
    add(site, "aaaaaaaaaaaa")
    stranger = hidden(site.client().get("/subscribe").text)
    for mark in ("", stranger):
        data = {"action": "reject", "form": mark}
        answer = editor.post("/admin/entries/aaaaaaaaaaaa", data=data, headers=headers)
        assert answer.status_code == 403
    assert known(site, "aaaaaaaaaaaa").status is Status.PUBLISHED


def test_corrections(site: Still, editor: TestClient) -> None:
    add(site, "aaaaaaaaaaaa", status=Status.HELD, held_for="no source")
    add(site, "bbbbbbbbbbbb")
    page = "/admin/entries/aaaaaaaaaaaa"
    assert do(editor, page, action="approve") == 303
    assert known(site, "aaaaaaaaaaaa").status is Status.PUBLISHED
    assert do(editor, page, action="move", column="life") == 303
    assert known(site, "aaaaaaaaaaaa").column == "life"
    assert do(editor, page, action="merge", other="bbbbbbbbbbbb") == 303
    assert known(site, "aaaaaaaaaaaa").story == known(site, "bbbbbbbbbbbb").story
    assert do(editor, page, action="split") == 303
    assert known(site, "aaaaaaaaaaaa").story != known(site, "bbbbbbbbbbbb").story
    assert do(editor, page, action="reject") == 303
    assert known(site, "aaaaaaaaaaaa").status is Status.REJECTED
    assert ("publish",) in site.woken
    audit = editor.get("/admin/audit").text
    assert audit.count("aaaaaaaaaaaa") >= 5


def test_what_cannot_be_done_says_why(site: Still, editor: TestClient) -> None:
    add(site, "aaaaaaaaaaaa")
    page = "/admin/entries/aaaaaaaaaaaa"
    assert do(editor, page, action="split") == 400
    assert do(editor, page, action="move", column="nope") == 400
    assert do(editor, page, action="nope") == 400
    assert do(editor, page, action="retract", reason="x") == 400, "not sure"
    assert editor.get("/admin/entries/zzzzzzzz").status_code == 404


def test_flags_show(site: Still, editor: TestClient) -> None:
    add(site, "aaaaaaaaaaaa")
    with site.database.begin() as conn:
        stories.flag(conn, [stories.Flag("aaaaaaaaaaaa", "contradiction", NOW, "两个来源")])
    assert "两个来源" in editor.get("/admin/").text
    assert "两个来源" in editor.get("/admin/entries/aaaaaaaaaaaa").text


def test_hops_and_the_original_beside_it(site: Still, editor: TestClient) -> None:
    add(site, "aaaaaaaaaaaa", attribution=Attribution(Publisher("公报"), via=(Hop("转载站"),)))
    page = "/admin/entries/aaaaaaaaaaaa"
    assert "无依据" in editor.get(page, headers={"Accept-Language": "zh"}).text
    text = "这座桥建于一九五二年，全长三百米。桥头的石碑上刻着当年四十七位工匠的姓名和籍贯，每年清明都有后人前来祭扫。"
    seen = compare.compare(
        Side("桥", text=text + "<b>此句系编辑所加，原文所无。</b>"),
        Side("桥梁史话", text=text.replace("三百", "二百")),
        zone="UTC",
    )
    made = received.Comparison(
        "aaaaaaaaaaaa", NOW, "https://gov.example/1", 200, None, compare.to_json(seen)
    )
    with site.database.begin() as conn:
        received.add_comparison(conn, made)
    shown = editor.get(page, headers={"Accept-Language": "zh"}).text
    assert "改标题" in shown
    assert "<ins>三</ins>" in shown
    assert "<del>二</del>" in shown
    assert "<b>此句" not in shown
    assert "转载站" in shown
    assert "Beside its original" in editor.get(page, headers={"Accept-Language": "en"}).text


def test_titles_are_text(site: Still, editor: TestClient) -> None:
    add(site, "aaaaaaaaaaaa", title="<script>alert(1)</script>", status=Status.HELD, held_for="<b>")
    for page in ("", "entries", "entries/aaaaaaaaaaaa"):
        assert "<script>alert" not in editor.get(f"/admin/{page}").text


def test_claims_are_answered_and_closed(site: Still, editor: TestClient) -> None:
    claims.receive(
        site.database, site.settings, Demand("royalty", "甲", "a@b.example", "", "稿酬"),
        secret=b"x", now=NOW,
    )  # fmt: skip
    assert do(editor, "/admin/claims/1", action="answer", text="已处理。") == 303
    assert claims.get(site.database, 1)[0].state == "answered"
    assert do(editor, "/admin/claims/1", action="close", text="") == 303
    assert claims.get(site.database, 1)[0].state == "closed"


def test_a_letter_is_entered_and_its_article_named(site: Still, editor: TestClient) -> None:
    add(site, "aaaaaaaaaaaa")
    fields = {
        "kind": "takedown",
        "name": "甲",
        "text": "请撤下",
        "how": "信函",
        "url": "",
        "email": "",
    }
    assert do(editor, "/admin/claims", **fields) == 303
    assert letters(site) == []
    page = editor.get("/admin/claims/1").text
    assert 'value="retract"' not in page, "there is nothing to take down yet"
    assert do(editor, "/admin/claims/1", action="about", entry="nothing") == 400
    assert do(editor, "/admin/claims/1", action="about", entry="aaaaaaaaaaaa") == 303
    assert claims.get(site.database, 1)[0].entry == "aaaaaaaaaaaa"
    page = editor.get("/admin/claims/1").text
    assert "将撤下：文章 1，" in page
    assert do(editor, "/admin/claims/1", action="retract") == 400, "it asks once"
    assert known(site, "aaaaaaaaaaaa").status is Status.PUBLISHED
    form = {"form": hidden(page), "action": "retract", "sure": "1"}
    done = editor.post("/admin/claims/1", data=form, headers=OURS)
    assert "files=" in done.headers["location"]
    assert (
        "改写文件"
        in editor.get(f"/admin/claims/1?{done.headers['location'].partition('?')[2]}").text
    )
    assert known(site, "aaaaaaaaaaaa").status is Status.RETRACTED
    assert 'value="retract"' not in editor.get("/admin/claims/1").text
    what = [step.what for step in claims.get(site.database, 1)[1]]
    assert what == ["received", "is about", "took the article down"]


def test_a_claims_mail_is_saved_and_never_shown(site: Still, editor: TestClient) -> None:
    data = b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>"
    with site.application() as app:
        claims.take_mail(
            app.database, app.settings, data, secret=app.secret, now=app.now, every=True
        )
    page = editor.get("/admin/claims/1").text
    assert "claims/1/1.eml" in page
    assert "<script>alert" not in page
    answer = editor.get("/admin/claims/1/1.eml")
    assert answer.content == data
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert site.client().get("/admin/claims/1/1.eml").status_code == 401
    for missing in ("1/2.eml", "1/0.eml", "9/1.eml", "9", "x"):
        assert editor.get(f"/admin/claims/{missing}").status_code == 404


def test_a_retraction_says_beforehand_what_it_reaches(site: Still, editor: TestClient) -> None:
    add(site, "aaaaaaaaaaaa", story="one")
    add(site, "bbbbbbbbbbbb", story="one", lead=False)
    page = editor.get("/admin/entries/aaaaaaaaaaaa").text
    assert "将撤下：文章 2，" in page
    assert "只撤这一篇：文章 1，" in page


def test_sources_are_read_now(site: Still, editor: TestClient) -> None:
    assert do(editor, "/admin/sources", source="gov") == 303
    assert ("ingest", "gov") in site.woken
    assert do(editor, "/admin/sources", source="nope") == 400


def test_sources_that_need_somebody_come_first(site: Still, editor: TestClient) -> None:
    fine, halted = Source("fine", path="a"), Source("halted", path="b", paused=True)
    site.settings = replace(site.settings, sources=(fine, halted))
    assert re.findall(r'<tr id="s-(\w+)"', editor.get("/admin/sources").text) == ["halted", "fine"]


@pytest.mark.parametrize("page", [*PAGES, "entries/aaaaaaaaaaaa"])
def test_tables_name_all_their_columns_and_scroll_by_keyboard(
    site: Still, editor: TestClient, page: str
) -> None:
    add(site, "aaaaaaaaaaaa", status=Status.HELD, held_for="source")
    html = editor.get(f"/admin/{page}").text
    assert not re.search(r"<th[^>]*></th>", html)
    assert html.count('<div class="scroll"') == html.count('<div class="scroll" tabindex="0"')


def test_no_open_redirect(editor: TestClient) -> None:
    answer = editor.get("/admin?next=//evil.example")
    assert answer.headers["location"] == "/admin/"
    assert editor.get("/admin/entries/..%2f..%2fevil").status_code == 404


def test_preview(site: Still, editor: TestClient) -> None:
    add(site, "aaaaaaaaaaaa", received=datetime(2026, 11, 23, tzinfo=UTC), stale_after=None)
    assert editor.get("/admin/digests/daily/preview").status_code == 200
    shown = editor.get("/admin/digests/daily/preview.html")
    assert shown.status_code == 200
    assert "标题 aaaaaaaaaaaa" in shown.text
    assert "sandbox" in shown.headers["content-security-policy"]
    assert editor.get("/admin/digests/daily/preview.txt").status_code == 200
    assert editor.get("/admin/digests/nope/preview").status_code == 404


def test_the_report_as_page_and_as_files(site: Still, editor: TestClient) -> None:
    add(site, "r" * 16)
    page = editor.get("/admin/reports").text
    assert 'href="entries?source=gov"' in page
    assert 'href="reports/report.csv?by=column"' in page
    printed = editor.get("/admin/reports/report.html")
    assert printed.text.lstrip().startswith("<!DOCTYPE html>")
    assert "style-src 'unsafe-inline'" in printed.headers["content-security-policy"]
    made = editor.get("/admin/reports/report.json?by=column").json()
    assert (made["by"], made["entries"]) == ("column", 1)
    csv = editor.get("/admin/reports/report.csv?since=2026-01-01&until=2025-01-01")
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.text.splitlines()[-1].startswith("total,,,,0")
    assert editor.get("/admin/reports?since=nonsense").status_code == 200
    for path in ("report.exe", "report.json?by=author"):
        assert editor.get(f"/admin/reports/{path}").status_code == 404
    assert site.client().get("/admin/reports/report.json").status_code == 401


def test_charts_of_days_are_tables_too(site: Still, editor: TestClient) -> None:
    add(site, "a" * 16)
    with site.database.begin() as conn:
        figures.add(conn, NOW, figures.ARRIVAL, [latency.bucket(120)] * 9 + [latency.bucket(9000)])
        figures.add(conn, NOW, figures.OUT, [0])
        figures.add(conn, NOW, figures.MAIL, [latency.bucket(40)] * 3)
    page = editor.get("/admin/", headers={"Accept-Language": "en"}).text
    assert page.count('class="chart"') == page.count("<details><summary>As a table") == 5
    assert "<script" not in page
    assert re.search(r'<td class="number">1\.\d min</td><td class="number">\d\.\d min</td>', page)
    assert re.search(r'<td class="number">\d+ s</td><td class="number">\d+ s</td>', page)
    figure = page.split("<figure>")[2]
    assert '<td class="number">3</td>' in figure  # messages of the day


def test_every_state_has_a_name_in_chinese() -> None:
    kinds = (Status, Health, EditionState, MessageState, SubscriberState, State)
    states = {state.value for kind in kinds for state in kind} | {"paused"}
    assert states == set(phrases.states("zh-CN")) == set(phrases.states("en"))
