"""Sign-up, preferences and the desk as a person sees them: headless Chromium, without scripts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from sites import Site
from test_serve import CONFIG, Served, link_in, until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
]
MORE = '\n[[columns]]\nid = "law"\ntitle = "法治"\n'


@pytest.fixture
def at(site: Site) -> Iterator[Served]:
    site.config(CONFIG + MORE)
    site.write("notes/first.md", "---\ntitle: 第一篇\ndate: 2026-11-20\n---\n正文。\n")
    served = Served(site, SYNDICATE_ADMIN_TOKEN="a-token")
    yield served
    served.stop()


@pytest.fixture
def page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(
            java_script_enabled=False, viewport={"width": 390, "height": 800}, locale="zh-CN"
        )
        made = context.new_page()
        made.set_default_timeout(15_000)
        yield made
        browser.close()


def fits(page: Any) -> None:
    """Nothing is wider than a phone."""
    box = page.locator("main").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_from_sign_up_to_erasure(at: Served, page: Any) -> None:
    until(lambda: at.get("/").status_code == 200)
    page.goto(f"{at.url}/")
    page.get_by_role("link", name="订阅").first.click()
    page.wait_for_url("**/subscribe")
    fits(page)
    page.get_by_label("您的邮箱地址").fill("wang@mail.example")
    page.get_by_label("每周", exact=True).check()
    page.get_by_label("法治").check()
    page.locator("main").get_by_role("button", name="订阅").click()
    assert "请查看您的邮箱" in page.locator("h1").inner_text()
    until(at.mails)
    page.goto(at.url + link_in(at.mails()[0], "confirm"))
    fits(page)
    page.get_by_role("button", name="确认订阅").click()
    assert "订阅已确认" in page.locator("h1").inner_text()
    page.locator("main").get_by_role("link", name="修改订阅").click()
    fits(page)
    assert page.get_by_label("每周", exact=True).is_checked()
    assert page.get_by_label("法治").is_checked()
    page.get_by_label("每天", exact=True).check()
    page.get_by_role("button", name="保存").click()
    assert "已保存" in page.locator("[role=status]").inner_text()
    (person,) = at.site.json("subscribers", "list")
    assert (person["state"], person["frequency"], person["columns"]) == (
        "confirmed", "daily", ["law"],
    )  # fmt: skip
    page.get_by_label("我确认要删除").check()
    page.get_by_role("button", name="删除我的数据").click()
    assert "您的数据已删除" in page.locator("h1").inner_text()
    assert at.site.json("subscribers", "list") == []


def test_a_claim_and_the_desk(at: Served, page: Any) -> None:
    until(lambda: at.get("/").status_code == 200)
    page.goto(f"{at.url}/claims")
    fits(page)
    page.get_by_label("要求撤下").check()
    page.get_by_label("您的姓名或单位").fill("某出版社")
    page.get_by_label("您的邮箱地址").fill("rights@press.example")
    page.get_by_label("说明").fill("请撤下。")
    page.get_by_role("button", name="提交").click()
    assert "C00001" in page.locator("[role=status]").inner_text()
    page.goto(f"{at.url}/admin/")
    page.wait_for_url("**/admin/login")
    page.get_by_label("口令").fill("a-token")
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/admin/")
    page.get_by_role("link", name="C00001").click()
    page.get_by_role("textbox", name="答复").fill("已撤下。")
    page.get_by_role("button", name="寄出答复").click()
    assert "已完成" in page.locator("[role=status]").inner_text()
    until(lambda: len(at.mails()) == 2)
    page.goto(f"{at.url}/admin/entries")
    page.get_by_role("link", name="第一篇").click()
    page.get_by_role("button", name="不予发布").click()
    assert "已完成" in page.locator("[role=status]").inner_text()
    until(lambda: "第一篇" not in at.get("/").text)
