"""The pages in a real browser: search finds Chinese words, nothing overflows, no script needed."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syndicate.adapters.templates import Templates
from syndicate.core import page, sample, search
from syndicate.core.frame import frame
from syndicate.core.outgoing import outgoing
from syndicate.settings import Column, Settings, Site, Source

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
COLUMNS = (Column("law", "廉政法治"), Column("rest", rest=True))
SETTINGS = Settings(
    site=Site("示例站", "https://news.example/"),
    file=Path("config.toml"),
    columns=COLUMNS,
    sources=(Source("sample", content="full"),),
)
POLICY = "default-src 'self'; img-src * data:"


ODD: dict[str, dict[str, str]] = {
    "table.html": {"content_html": f"<table><tr>{'<td>数据数据</td>' * 20}</tr></table>"},
    "marks.html": {"title": "".join("Z" + chr(0x300 + n % 80) * 30 for n in range(40))},
    "word.html": {"title": "x" * 3000, "content_html": f"<p>{'y' * 3000}</p>"},
    "code.html": {"content_html": f"<pre>{'code ' * 300}</pre>"},
    "arabic.html": {"title": "مرحبا بالعالم " * 30, "language": "ar"},
}


# A table of the dashboard, the last column of which has a head for those alone who hear it
DESK = f"""<!DOCTYPE html><html lang="zh-CN"><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="style.css"><link rel="stylesheet" href="forms.css">
<main><div class="desk"><div class="scroll"><table><tr>{"<th>标题标题标题</th>" * 9}
<th><span class="hidden">操作</span></th></tr></table></div></div></main></html>"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def _write(root: Path) -> None:
    templates = Templates([ROOT / "templates"])
    entry = replace(
        sample.entry("law"),
        title="冷库开业",
        content_text="𠮷祥村的冷链物流 Warehouse",
        summary="摘要",
    )
    out = outgoing(entry, SETTINGS)
    files = {f"{n}": templates.render(n, c) for n, c in sample.contexts(SETTINGS).items()}
    found = page.search(frame(SETTINGS.site, COLUMNS, 0), search.SHARDS, search.KEEP)
    files["search.html"] = templates.render("search.html", page.context(found))
    for name, text in files.items():
        (root / name).write_text(text, "utf-8")
    for name, changes in ODD.items():
        odd = replace(sample.entry("law"), **changes)  # type: ignore[arg-type]
        shown = replace(outgoing(odd, SETTINGS), shown="full")
        made = page.article(shown, frame(SETTINGS.site, COLUMNS, 0), COLUMNS)
        (root / name).write_text(templates.render("article.html", page.context(made)), "utf-8")
    (root / "forms.css").write_text(templates.render("forms.css", {}), "utf-8")
    (root / "desk.html").write_text(DESK, "utf-8")
    (root / "search").mkdir()
    for name, data in search.build([out]).items():
        (root / name).write_bytes(data)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("site")
    _write(root)
    handler = functools.partial(_Quiet, directory=str(root))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
        opened = play.chromium.launch(executable_path=chromium, args=flags)
        yield opened
        opened.close()


def test_search_finds_what_the_index_holds(address: str, browser: Any) -> None:
    from playwright.sync_api import expect

    tab = browser.new_page()
    for query, found in [("冷库", 1), ("冷链物流", 1), ("𠮷祥", 1), ("WAREHOUSE", 1), ("物链", 0),
                         ("佚名", 1), ("无此词语", 0)]:  # fmt: skip
        tab.goto(f"{address}search.html?q={query}")
        expect(tab.locator("#state")).to_have_text(re.compile("^(找到|没有找到)"))
        assert tab.locator("#results li").count() == found, query
    tab.close()


def test_nothing_overflows_a_narrow_screen(address: str, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=True)
    tab = context.new_page()
    pages = ("index.html", "column.html", "article.html", "search.html", "sources.html")
    for name in (*pages, *ODD, "desk.html"):
        tab.goto(address + name)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 320, name
    context.close()


def test_a_wide_table_scrolls_and_keeps_its_words_whole(address: str, browser: Any) -> None:
    tab = browser.new_page(viewport={"width": 390, "height": 800})
    tab.goto(f"{address}table.html")
    narrowest = "Math.min(...[...document.querySelectorAll('.body td')].map(c => c.offsetWidth))"
    assert tab.evaluate(narrowest) > 80  # four characters, and the space around them
    tab.close()


def test_without_script_search_says_what_to_do(address: str, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{address}search.html?q=冷库")
    assert "没有脚本时" in tab.inner_text("main")
    assert tab.locator("nav.months a").count() == len(COLUMNS)
    context.close()
