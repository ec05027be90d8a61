"""Listing pages, full texts and mailboxes through the command line, against real servers."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import imap_server
import pytest
import sites

from syndicate.core import verp

PARAGRAPHS = (
    "<p>本报讯 县里的图书馆昨日重新开放，馆长说新馆藏书比从前多出一倍，读者可以在网上预约座位。</p>"
    "<p>记者在现场看到，儿童阅览区坐满了孩子，志愿者正在给他们讲故事，老人们则在报刊区读报。</p>"
    "<p>据介绍，图书馆每周开放六天，周一闭馆整理，借书证可以在任何一个分馆办理，当场领取。</p>"
)


def article(title: str, number: int, meta: str = "") -> str:
    return (
        f"<html><head><title>{title}_青河在线</title>"
        f'<meta property="og:site_name" content="青河在线"></head><body><h1>{title}</h1>'
        f'<div class="info">{meta}</div>'
        f'<div class="content">{PARAGRAPHS}<p>这是第{number}篇报道的最后一段文字，说明编号。</p></div>'
        "</body></html>"
    )


@dataclass
class Web:
    """A web server on loopback: what it has, and what it was asked for."""

    pages: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def has(self, path: str, body: str, status: int = 200, kind: str = "text/html") -> None:
        self.pages[path] = (status, kind, body)

    def asked_once(self, path: str) -> bool:
        return self.asked.count(path) == 1


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            status, kind, body = made.pages.get(self.path, (404, "text/plain", "no"))
            data = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def run(folder: Path, *words: str, status: int = 0) -> Any:
    """One command over `folder`'s config; its JSON."""
    ran = sites.Site(folder).call(*words)
    assert ran.status == status, ran.err + ran.out
    return ran.json


def piped(folder: Path, given: bytes, *words: str) -> Any:
    """The same in a process of its own, with something on its standard input."""
    command = [sys.executable, "-m", "syndicate", "--config", str(folder / "config.toml"), *words]
    done = subprocess.run(command, capture_output=True, input=given, timeout=60, check=True)
    return json.loads(done.stdout)


def configured(folder: Path, source: str, port: int = 1, more: str = "") -> None:
    (folder / "config.toml").write_text(
        f"""
[site]
name = "转载网"
url = "https://news.example/"
[storage]
database = "sqlite:state.db"
output = "out"
[fetch]
allow_networks = ["127.0.0.1:{port}"]
{more}
[[columns]]
id = "law"
title = "法治"
[[sources]]
{source}
""",
        encoding="utf-8",
    )


def listing(*rows: str, more: str = "") -> str:
    return f"<html><body><ul class='list'>{''.join(rows)}</ul>{more}</body></html>"


def row(path: str, title: str, date: str) -> str:
    return f"<li><a href='{path}'>{title}</a><span>{date}</span></li>"


def test_a_listing_page_becomes_entries(tmp_path: Path, web: Web) -> None:
    web.has(
        "/news/",
        listing(
            *(
                row(f"a{n}.html", f"第{n}则关于图书馆的消息", f"2026-11-{10 + n}")
                for n in range(1, 5)
            ),
            row("secret/a5.html", "不许抓取的一则消息在此", "2026-11-15"),
            row("a6.html", "已经不在的一则消息在此", "2026-11-16"),
            more="<a href='page2.html'>下一页</a>",
        ),
    )
    web.has(
        "/news/page2.html",
        listing(
            *(row(f"b{n}.html", f"第{n}则更早的消息在此", f"2026-10-{10 + n}") for n in range(1, 4))
        ),
    )
    web.has("/robots.txt", "User-agent: *\nDisallow: /news/secret/\n", kind="text/plain")
    web.has("/news/a1.html", article("第1则关于图书馆的消息", 1, "来源：青河日报　作者：李　明"))
    for n in (2, 3, 4):
        web.has(f"/news/a{n}.html", article(f"第{n}则关于图书馆的消息", n))
    for n in (1, 2, 3):
        web.has(f"/news/b{n}.html", article(f"第{n}则更早的消息在此", 10 + n))
    configured(tmp_path, f'id = "qinghe"\ntype = "page"\nurl = "{web.url}/news/"', web.port)

    first = run(tmp_path, "ingest", "--json")
    assert first["entries"]["new"] == 7
    assert first["sources"]["failed"] == 0
    errors = " | ".join(p["error"] for p in first["problems"])
    assert "robots.txt forbids it" in errors
    assert "404" in errors
    assert "/news/secret/a5.html" not in web.asked
    assert web.asked_once("/robots.txt")

    rows = {r["url"].rpartition("/")[2]: r for r in run(tmp_path, "list", "--json")}
    stated = rows["a1.html"]["attribution"]
    assert stated["source"]["name"] == "青河日报"
    assert [hop["name"] for hop in stated["via"]] == ["青河在线"]
    assert stated["published"] == "2026-11-11"  # from the list: the page has none
    unstated = rows["a2.html"]["attribution"]
    assert unstated["source"]["name"] == "青河在线"
    assert unstated["source"]["url"] == f"{web.url}/"
    assert unstated["via"] == []
    shown = run(tmp_path, "show", rows["a2.html"]["id"], "--json")
    assert "志愿者正在给他们讲故事" in shown["content_text"]
    assert any("published from the listing page" in h["reason"] for h in shown["history"])

    web.has(
        "/news/",
        listing(
            row("a7.html", "新的一则关于图书馆的消息", "2026-11-20"),
            *(
                row(f"a{n}.html", f"第{n}则关于图书馆的消息", f"2026-11-{10 + n}")
                for n in range(1, 5)
            ),
            row("a6.html", "已经不在的一则消息在此", "2026-11-16"),
            more="<a href='page2.html'>下一页</a>",
        ),
    )
    web.has("/news/a7.html", article("新的一则关于图书馆的消息", 7))
    second = run(tmp_path, "ingest", "qinghe", "--json")
    assert second["entries"]["new"] == 1
    assert web.asked_once("/news/a1.html")  # what is known is not fetched again
    assert web.asked_once("/news/page2.html")
    assert web.asked.count("/news/a6.html") == 2
    run(tmp_path, "ingest", "qinghe", "--json")
    run(tmp_path, "ingest", "qinghe", "--json")
    assert web.asked.count("/news/a6.html") == 3  # a broken one is not tried for ever


def test_selectors_are_obeyed(tmp_path: Path, web: Web) -> None:
    web.has(
        "/",
        "<div class='x'><h3><a href='/p/1'>一</a></h3><i data>2026年3月4日</i><a href='/tag'>标签页面在这里</a></div>"
        "<div class='x'><h3><a href='/p/2'>二</a></h3><i data>昨天</i></div>",
    )
    for n in (1, 2):
        page = article(f"第{n}篇文章的标题", n).replace(
            "</body>", f"<div id='own'><p>只要这{n}段</p></div></body>"
        )
        web.has(f"/p/{n}", page)
    select = '{ items = "div.x", link = "h3", date = "i", content = "#own" }'
    source = f'id = "s"\ntype = "page"\nurl = "{web.url}/"\ncontent = "full"\nselect = {select}'
    configured(tmp_path, source, web.port)
    assert run(tmp_path, "ingest", "--json")["entries"]["new"] == 2
    rows = {r["url"][-1]: r for r in run(tmp_path, "list", "--json")}
    assert rows["1"]["attribution"]["published"] == "2026-03-04"
    assert rows["2"]["attribution"]["published"] is None
    assert run(tmp_path, "show", rows["1"]["id"], "--json")["content_text"].strip() == "只要这1段"


def test_a_page_that_lists_nothing_fails_with_a_reason(tmp_path: Path, web: Web) -> None:
    web.has("/", "<p>Nothing here</p>")
    configured(tmp_path, f'id = "s"\ntype = "page"\nurl = "{web.url}/"', web.port)
    report = run(tmp_path, "ingest", "--json")
    assert report["sources"]["failed"] == 1
    assert "no list is recognised" in report["problems"][0]["error"]


FEED = """<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>青河摘要</title><link>{url}/</link>
<item><guid>one</guid><link>{url}/one.html</link><title>图书馆重新开放了</title>
<description>馆长说{changed}。</description><dc:creator>王小红</dc:creator></item>
<item><guid>two</guid><link>{url}/gone.html</link><title>已经撤下的文章</title>
<description>只有摘要的一篇文章。</description></item>
</channel></rss>"""


def test_full_texts_are_fetched(tmp_path: Path, web: Web) -> None:
    web.has("/rss", FEED.format(url=web.url, changed="藏书多"), kind="application/rss+xml")
    web.has(
        "/one.html",
        article("图书馆重新开放了", 1, "来源：青河日报　作者：赵大力　2026-11-20 09:30"),
    )
    source = f'id = "s"\nurl = "{web.url}/rss"\nfulltext = true\ncontent = "full"'
    configured(tmp_path, source, web.port)
    first = run(tmp_path, "ingest", "--json")
    assert first["entries"]["new"] == 2
    assert [p["error"] for p in first["problems"]] == [
        f"full text: {web.url}/gone.html: HTTP 404 Not Found"
    ]
    rows = {r["title"]: r for r in run(tmp_path, "list", "--json")}
    shown = run(tmp_path, "show", rows["图书馆重新开放了"]["id"], "--json")
    assert "志愿者正在给他们讲故事" in shown["content_text"]
    said = shown["attribution"]
    assert [a["name"] for a in said["authors"]] == ["王小红"]  # what the feed states stays
    assert said["source"]["name"] == "青河日报"
    assert said["published"] == "2026-11-20T09:30+08:00"
    assert [hop["name"] for hop in said["via"]] == ["青河摘要"]
    reasons = [h["reason"] for h in shown["history"]]
    assert any(r.startswith("source from the page behind its link") for r in reasons)
    other = run(tmp_path, "show", rows["已经撤下的文章"]["id"], "--json")
    assert other["content_text"].strip() == "只有摘要的一篇文章。"

    # The feed's item changes while its page is away: the full text stays
    web.has("/rss", FEED.format(url=web.url, changed="藏书更多"), kind="application/rss+xml")
    web.has("/one.html", "later", status=503)
    second = run(tmp_path, "ingest", "s", "--json")
    assert second["entries"]["updated"] == 1
    shown = run(tmp_path, "show", rows["图书馆重新开放了"]["id"], "--json")
    assert "志愿者正在给他们讲故事" in shown["content_text"]


def test_a_full_text_that_was_away_is_asked_for_again_but_not_for_ever(
    tmp_path: Path, web: Web
) -> None:
    web.has("/rss", FEED.format(url=web.url, changed="藏书多"), kind="application/rss+xml")
    web.has("/one.html", "later", status=503)
    source = f'id = "s"\nurl = "{web.url}/rss"\nfulltext = true\ncontent = "full"'
    configured(tmp_path, source, web.port)
    first = run(tmp_path, "ingest", "--json")
    assert first["entries"]["new"] == 2
    assert len(first["problems"]) == 2
    web.has("/one.html", article("图书馆重新开放了", 1, "来源：青河日报　2026-11-20 09:30"))
    second = run(tmp_path, "ingest", "s", "--json")
    assert (second["entries"]["updated"], len(second["problems"])) == (1, 1)
    rows = {r["title"]: r for r in run(tmp_path, "list", "--json")}
    assert len(rows) == 2
    shown = run(tmp_path, "show", rows["图书馆重新开放了"]["id"], "--json")
    assert "志愿者正在给他们讲故事" in shown["content_text"]
    assert shown["attribution"]["source"]["name"] == "青河日报"
    third = run(tmp_path, "ingest", "s", "--json")  # for what is gone, the last time
    assert (third["entries"]["updated"], len(third["problems"])) == (0, 1)
    fourth = run(tmp_path, "ingest", "s", "--json")
    assert fourth["problems"] == []
    fifth = run(tmp_path, "ingest", "s", "--json")
    assert fifth["sources"]["unchanged"] == 1


LETTER = """From: Bob Editor <bob@letters.example>
To: {to}
Subject: Weekly letter {number}
List-Id: The Weekly Letter <weekly.letters.example>
List-Unsubscribe: <https://letters.example/u/{to}>
Date: Mon, 23 Nov 2026 09:00:00 +0800
Message-ID: <letter-{number}@letters.example>
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<html><body><p><a href="https://letters.example/v/{number}">View this email in your browser</a></p>
<p>The {number} letter tells of a library that opened again, with more books than before.</p>
<img src="https://letters.example/o.gif" width="1" height="1">
<p>Tired of this? <a href="https://letters.example/u/{to}">Unsubscribe</a></p></body></html>
"""


def test_a_maildir_becomes_entries_and_is_marked_as_read(tmp_path: Path) -> None:
    box = tmp_path / "box"
    for name in ("new", "cur", "tmp"):
        (box / name).mkdir(parents=True)
    (box / "new" / "1.a").write_text(LETTER.format(number=1, to="a@news.example"))
    (box / "new" / "2.b").write_text(LETTER.format(number=1, to="b@news.example"))
    (box / "cur" / "3.c:2,").write_text(LETTER.format(number=2, to="a@news.example"))
    (box / "cur" / "4.d:2,S").write_text(LETTER.format(number=3, to="a@news.example"))
    configured(
        tmp_path, 'id = "mail"\nname = "My box"\ntype = "mailbox"\npath = "box"\ncontent = "full"'
    )
    first = run(tmp_path, "ingest", "--json")
    assert first["entries"]["new"] == 2
    assert first["problems"] == []
    assert list((box / "new").iterdir()) == []
    assert sorted(p.name for p in (box / "cur").iterdir()) == [
        "1.a:2,S",
        "2.b:2,S",
        "3.c:2,S",
        "4.d:2,S",
    ]
    rows = {r["title"]: r for r in run(tmp_path, "list", "--json")}
    said = rows["Weekly letter 1"]["attribution"]
    assert said["source"]["name"] == "The Weekly Letter"
    assert [a["name"] for a in said["authors"]] == ["Bob Editor"]
    assert said["via"] == []
    assert said["original_id"] == "letter-1@letters.example"
    assert rows["Weekly letter 1"]["url"] == "https://letters.example/v/1"
    shown = run(tmp_path, "show", rows["Weekly letter 1"]["id"], "--json")
    for gone in ("nsubscribe", "o.gif", "browser", "@news.example"):
        assert gone not in shown["content_html"]
    assert run(tmp_path, "ingest", "--json")["entries"]["new"] == 0


def test_a_mailbox_that_is_not_there_fails_alone(tmp_path: Path) -> None:
    configured(tmp_path, 'id = "mail"\ntype = "mailbox"\npath = "nowhere"')
    report = run(tmp_path, "ingest", "--json")
    assert report["sources"]["failed"] == 1
    assert "there is no Maildir" in report["problems"][0]["error"]


def test_check_shows_what_a_page_lists(tmp_path: Path, web: Web) -> None:
    web.has(
        "/",
        listing(
            *(
                row(f"a{n}.html", f"第{n}则关于图书馆的消息", f"2026-11-{10 + n}")
                for n in range(1, 9)
            )
        ),
    )
    configured(tmp_path, f'id = "s"\ntype = "page"\nurl = "{web.url}/"', web.port)
    told = run(tmp_path, "check", "--network", "--json")["problems"]
    (text,) = [p["message"] for p in told if "lists" in p["message"]]
    assert "lists 8 articles: 2026-11-11 '第1则关于图书馆的消息'" in text
    assert "and 3 more" in text


@pytest.fixture
def subscribed(tmp_path: Path) -> Path:
    """A site with one confirmed subscriber, its secret known."""
    configured(
        tmp_path,
        'id = "s"\ntype = "folder"\npath = "."',
        more='[mail]\nbounce = "b@news.example"\ninbox = "maildir:inbox"\n[web]\nsecret = "a secret of tests"',
    )
    for name in ("new", "cur", "tmp"):
        (tmp_path / "inbox" / name).mkdir(parents=True)
    run(tmp_path, "subscribers", "add", "reader@far.example", "--json")
    return tmp_path


def who(folder: Path) -> str:
    with sqlite3.connect(folder / "state.db") as database:
        return str(database.execute("select id from subscribers").fetchone()[0])


def state(folder: Path) -> str:
    return str(run(folder, "subscribers", "list", "--json")[0]["state"])


def bounced(to: str) -> bytes:
    return f"""From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; reader@far.example
Action: failed
Status: 5.1.1

--B--
""".encode()


def test_bounces_from_files_and_standard_input(subscribed: Path) -> None:
    folder = subscribed
    (folder / "forged.eml").write_bytes(bounced("b@news.example"))
    (folder / "broken.eml").write_bytes(b"nothing")
    assert run(folder, "bounces", "--json", str(folder / "forged.eml"))["unknown"] == 1
    broken = run(folder, "bounces", "--json", str(folder / "broken.eml"), status=1)
    assert "broken.eml: mail 1: is no mail" in broken["problems"][0]["error"]
    assert state(folder) == "confirmed"
    ours = verp.return_path("b@news.example", b"a secret of tests", who(folder))
    mbox = b"From x Tue\n" + bounced("b@news.example") + b"\nFrom y Tue\n" + bounced(ours)
    taken = piped(folder, mbox, "bounces", "--json", "-")
    assert (taken["read"], taken["unknown"], taken["hard"], taken["suppressed"]) == (2, 1, 1, 1)
    assert state(folder) == "suppressed"


def test_an_inbox_is_read(subscribed: Path) -> None:
    folder = subscribed
    to = verp.unsubscribe_address("b@news.example", b"a secret of tests", who(folder))
    mail = f"From: reader@far.example\nTo: {to}\nSubject: unsubscribe\n\n"
    (folder / "inbox" / "new" / "1").write_text(mail)
    assert run(folder, "bounces", "--json")["unsubscribed"] == 1
    assert state(folder) == "unsubscribed"
    assert run(folder, "bounces", "--json")["read"] == 0


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return imap_server.certified(tmp_path)


def test_a_folder_over_imap_becomes_entries(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = {n: LETTER.format(number=n, to="a@news.example").encode() for n in (1, 2)}
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("BOX", "pass wörd")
    with imap_server.serving(imap_server.Folder(letters), certificate) as folder:
        url = f"imaps://reader@127.0.0.1:{folder.port}/INBOX"
        source = f'id = "m"\ntype = "mailbox"\nurl = "{url}"\npassword = "env:BOX"'
        configured(tmp_path, source, folder.port)
        assert run(tmp_path, "ingest", "--json")["entries"]["new"] == 2
        assert folder.seen == {1, 2}
        folder.seen.clear()
        again = run(tmp_path, "ingest", "m", "--json")
        assert again["entries"]["new"] == 0


def test_a_fault_of_ours_stops_one_source_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: Any) -> None:
        raise RuntimeError("an odd thing")

    (tmp_path / "a.md").write_text("---\ntitle: One\nsource: X\n---\ntext\n")
    two = 'id = "good"\ntype = "folder"\npath = "."\n[[sources]]\nid = "bad"\ntype = "mailbox"\npath = "x"'
    configured(tmp_path, two)
    monkeypatch.setattr("syndicate.jobs.ingest.letters.read", fault)
    report = run(tmp_path, "ingest", "--json")
    assert (report["sources"]["failed"], report["entries"]["new"]) == (1, 1)
    assert "RuntimeError: an odd thing" in report["problems"][0]["error"]
