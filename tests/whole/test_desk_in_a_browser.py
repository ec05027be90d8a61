"""What an editor does at the desk, as a person does it: headless Chromium, without scripts."""

from __future__ import annotations

import email
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from sites import Site
from test_serve import CONFIG, Served, until
from test_sign_up_in_a_browser import CHROMIUM, fits, page

__all__ = ["page"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
]
MORE = """
[[columns]]
id = "law"
title = "法治"
[[columns]]
id = "life"
title = "生活"
"""


@pytest.fixture
def at(site: Site) -> Iterator[Served]:
    """A site with three articles, and a subscriber who was mailed them."""
    site.config(CONFIG.replace("[mail]", '[mail]\ninbox = "maildir:in"\nclaims = "c@news.example"')
                + MORE)  # fmt: skip
    for folder in ("new", "cur", "tmp"):
        (site.root / "in" / folder).mkdir(parents=True)
    texts = ("天气转凉，河面结冰。", "法院公布了判决全文。", "书店开张，读者排队。")
    for number, text in enumerate(texts, 1):
        site.write(
            f"notes/{number}.md", f"---\ntitle: 第{number}篇\ndate: 2026-11-20\n---\n{text}\n"
        )
    site.run("run")
    site.run("subscribers", "add", "wang@mail.example", "--consent", "x")
    site.run("digest", "send", "daily")
    served = Served(site, SYNDICATE_ADMIN_TOKEN="a-token")
    yield served
    served.stop()


def enter(at: Served, page: Any) -> None:
    page.goto(f"{at.url}/admin/login")
    page.get_by_label("口令").fill("a-token")
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/admin/")


def done(page: Any) -> str:
    said: str = page.locator("[role=status]").inner_text()
    return said


def open_entry(at: Served, page: Any, title: str) -> None:
    page.goto(f"{at.url}/admin/entries")
    page.get_by_role("link", name=title).click()


def known(at: Served, title: str) -> dict[str, Any]:
    return next(entry for entry in at.site.json("list") if entry["title"] == title)


def test_move_merge_split_reject_approve_retract_restore(at: Served, page: Any) -> None:
    enter(at, page)
    open_entry(at, page, "第1篇")
    page.get_by_label("栏目").select_option("life")
    page.get_by_role("button", name="移到栏目").click()
    assert "已完成" in done(page)
    assert known(at, "第1篇")["column"] == "life"
    until(lambda: "第1篇" in at.get("/life/").text)

    open_entry(at, page, "第1篇")
    page.get_by_label("另一篇的编号或地址").fill(known(at, "第2篇")["id"])
    page.get_by_role("button", name="与另一篇合并").click()
    assert "已完成" in done(page)
    assert known(at, "第1篇")["story"] == known(at, "第2篇")["story"]
    whole = page.locator(".hint").all_inner_texts()
    assert whole[0].startswith("将撤下：文章 2，")
    assert whole[1].startswith("只撤这一篇：文章 1，")
    page.get_by_role("button", name="从同题中分出").click()
    assert "已完成" in done(page)
    assert known(at, "第1篇")["story"] != known(at, "第2篇")["story"]

    page.get_by_role("button", name="不予发布").click()
    assert "已完成" in done(page)
    assert known(at, "第1篇")["status"] == "rejected"
    page.get_by_role("button", name="通过", exact=True).click()
    assert known(at, "第1篇")["status"] == "published"

    open_entry(at, page, "第3篇")
    (told,) = page.locator(".hint").all_inner_texts()
    assert "文章 1" in told
    assert "已寄出的 1 期（读者 1 人）" in told
    fits(page)
    page.get_by_label("原因").fill("权利人要求")
    page.get_by_label("通知收到过的订阅者").check()
    page.get_by_label("我确认").check()
    page.get_by_role("button", name="撤下", exact=True).click()
    assert "更正邮件 1 封" in done(page)
    assert "第3篇" not in at.get("/").text, "it is gone when the answer comes"
    until(lambda: len(at.mails()) == 2)
    page.get_by_role("button", name="恢复").click()
    assert known(at, "第3篇")["status"] == "published"
    until(lambda: "第3篇" in at.get("/").text)


def test_a_claim_by_mail_to_its_end(at: Served, page: Any) -> None:
    id = known(at, "第2篇")["id"]
    mail = (
        "From: rights@press.example\nTo: c@news.example\nSubject: takedown\n"
        f"Message-ID: <1@press.example>\n\nPlease remove https://news.example/articles/{id}.html\n"
    )
    (at.site.root / "in" / "new" / "1.a.h").write_text(mail)
    at.site.run("claims", "read", at="")
    until(lambda: len(at.mails()) == 2)
    enter(at, page)
    page.get_by_role("link", name="C00001").click()
    fits(page)
    assert "第2篇" in page.locator("dl.attribution").inner_text()
    assert "将撤下：文章 1，" in page.locator(".hint").first.inner_text()
    with page.expect_download() as saved:
        page.get_by_role("link", name=".eml").click()
    assert saved.value.path().read_text() == mail
    page.get_by_label("我确认").check()
    page.get_by_role("button", name="撤下", exact=True).click()
    assert "改写文件" in done(page)
    assert at.get(f"/articles/{id}.html").status_code == 410
    page.get_by_role("textbox", name="答复").fill("It is gone.")
    page.get_by_role("button", name="寄出答复").click()
    assert "已完成" in done(page)
    until(lambda: len(at.mails()) == 3)
    letters = [m for m in at.mails() if not m.is_multipart()]
    (answer,) = [m for m in letters if "It is gone." in m.get_content()]
    assert answer["In-Reply-To"] == "<1@press.example>"
    page.get_by_label("结案说明").fill("完")
    page.get_by_role("button", name="结案").click()
    assert "已结案" in page.locator("dl.attribution").inner_text()
    history = page.locator("table").first.inner_text()
    for step in ("收到来信", "撤下文章", "已答复", "已结案"):
        assert step in history
    assert email.message_from_string(mail)["Subject"] in page.content()


def test_a_letter_is_entered_at_the_desk(at: Served, page: Any) -> None:
    enter(at, page)
    page.goto(f"{at.url}/admin/claims")
    fits(page)
    page.get_by_label("索取稿酬").check()
    page.get_by_label("投诉人").fill("老王")
    page.get_by_label("说明").fill("稿酬未付。")
    page.get_by_label("如何收到").fill("电话")
    page.get_by_role("button", name="登记").click()
    assert "已完成" in done(page)
    page.get_by_label("文章的编号或地址").fill(known(at, "第1篇")["id"])
    page.get_by_role("button", name="指明文章").click()
    assert "第1篇" in page.locator("dl.attribution").inner_text()
    page.get_by_role("textbox", name="答复").fill("已汇出。")
    page.get_by_role("button", name="答复").click()
    (claim,) = at.site.json("claims", "list", at="")
    assert (claim["state"], claim["kind"], claim["email"]) == ("answered", "royalty", None)


def test_labels_are_corrected_in_a_row(at: Served, page: Any) -> None:
    enter(at, page)
    page.goto(f"{at.url}/admin/columns")
    fits(page)
    chosen = page.locator("table select")
    assert chosen.count() == 3
    for number in range(2):
        chosen.nth(number).select_option("law")
    page.get_by_role("button", name="保存").click()
    assert "已完成" in done(page)
    columns = sorted(entry["column"] for entry in at.site.json("list"))
    assert columns == ["law", "law", "rest"]
    until(lambda: at.get("/law/").text.count("<h2") >= 2)


def test_an_edition_on_hold_is_let_go_or_dropped(at: Served, page: Any) -> None:
    enter(at, page)
    at.site.write("notes/4.md", "---\ntitle: 第4篇\ndate: 2026-11-21\n---\n图书馆延长开放。\n")
    until(lambda: "第4篇" in at.get("/").text)
    database = sqlite3.connect(at.site.root / "var" / "syndicate.db")
    for button, state in (("放行", ("sending", "sent")), ("取消这一期", ("rejected",))):
        with database:
            database.execute("update editions set state = 'held', reason = 'odd'")
        page.goto(f"{at.url}/admin/")
        page.get_by_role("link", name="daily-").first.click()
        fits(page)
        row = page.get_by_role("row").filter(has=page.get_by_role("button", name=button)).first
        row.get_by_label("我确认").check()
        row.get_by_role("button", name=button).click()
        assert "已完成" in done(page)
        newest = "select state from editions order by due desc limit 1"
        (found,) = database.execute(newest).fetchone()
        assert found in state


def test_sources_and_subscribers(at: Served, page: Any) -> None:
    enter(at, page)
    page.goto(f"{at.url}/admin/sources")
    page.get_by_role("button", name="立即读取").click()
    assert "已完成" in done(page)
    page.goto(f"{at.url}/admin/subscribers")
    fits(page)
    page.locator("form.sheet").get_by_label("邮箱地址").fill("li@mail.example")
    page.get_by_label("原因").fill("信函")
    page.get_by_role("button", name="执行").click()
    assert "已完成" in done(page)
    people = {each["email"]: each["state"] for each in at.site.json("subscribers", "list")}
    assert people["li@mail.example"] == "confirmed"
    row = page.get_by_role("row").filter(has_text="li@mail.example")
    row.locator("summary").click()
    row.get_by_role("button", name="退订").click()
    people = {each["email"]: each["state"] for each in at.site.json("subscribers", "list")}
    assert people["li@mail.example"] == "unsubscribed"
    row = page.get_by_role("row").filter(has_text="li@mail.example")
    row.locator("summary").click()
    row.get_by_label("我确认").check()
    row.locator("button.danger").click()
    assert "已完成" in done(page)
    assert [each["email"] for each in at.site.json("subscribers", "list")] == ["wang@mail.example"]
    page.goto(f"{at.url}/admin/digests")
    page.get_by_role("link", name="预览").first.click()
    page.goto(f"{at.url}/admin/audit")
    fits(page)
