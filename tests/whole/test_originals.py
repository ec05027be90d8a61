"""An article through three hands: what each hop is known by, and what was bent on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from sites import FeedServer, Site, item, rss

from syndicate.cli import terminal

ONE = "青河镇昨日开放了新的水务档案室，市民凭证件即可查阅。"
TWO = "档案室收藏了一百二十年间的水位记录和旧图。"
THREE = "管理员周望舒说，最早的一册写于河堤修成的那一年。"
FOUR = "镇政府表示，明年将把全部图纸做成影像供人下载，并在各校展出。"
WHOLE = (ONE, TWO, THREE, FOUR)
TITLE = "青河水务档案室开放"
LATER = "2026-11-25T08:00:00+08:00"
AGAIN = "2026-11-26T08:00:00+08:00"


def page(*sentences: str, title: str = TITLE, author: str = "周望舒") -> str:
    text = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="author" content="{author}">'
        '<meta property="article:published_time" content="2026-11-20T09:30:00+08:00">'
        f"</head><body><article><h1>{title}</h1>{text}</article></body></html>"
    )


@dataclass
class Hop:
    """A feed of reprints; the originals are on another host of the same machine."""

    server: FeedServer
    items: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def reprint(self, name: str, ours: tuple[str, ...] = WHOLE, **more: str) -> None:
        """One entry of the feed; its original as it was, unless it is served otherwise."""
        path = f"/{name}.html"
        self.server.serve(path, page(*WHOLE), Content_Type="text/html; charset=utf-8")
        said = {
            "title": TITLE,
            "link": f"http://localhost:{self.server.port}{path}",
            "guid": f"tag:hop.example,2026:{name}",
            "description": "".join(f"<![CDATA[<p>{s}</p>]]>" for s in ours),
            "source": "云溪日报",
            "dc:creator": "周望舒",
            "pubDate": "Fri, 20 Nov 2026 10:00:00 +0800",
        }
        self.items.append(item(1, **(said | more)))
        self.names.append(name)

    def read(self, site: Site, keys: str = "") -> dict[str, str]:
        """The site reads the feed; the ids of the entries by their names here."""
        feed = self.server.serve("/rss", rss(*self.items, title="清河转载"))
        site.config(
            f'[fetch]\nallow_networks = ["127.0.0.0/8", "::1"]\n'
            f'[[sources]]\nid = "hop"\nurl = "{feed}"\npermission = "agreed"\n{keys}'
        )
        site.run("ingest")
        shown = [site.json("show", row["id"]) for row in site.json("list")]
        return {entry["guid"].rpartition(":")[2]: entry["id"] for entry in shown}


@pytest.fixture
def hop(server: FeedServer) -> Hop:
    return Hop(server)


def kinds(found: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(each["kind"] for each in found["differences"]))


def test_what_was_bent_on_the_way(site: Site, hop: Hop) -> None:
    hop.reprint("same")
    hop.reprint("title", title="档案室竟要收费？")
    hop.reprint("shorter", title="水务档案室开放")
    hop.reprint("author", **{"dc:creator": "陈砚"})
    hop.reprint("dropped", (ONE, TWO, FOUR))
    hop.reprint("added", (*WHOLE, "编者认为这完全没有必要，应当立即停办。"))
    hop.reprint("changed", (ONE, TWO.replace("二十", "五十"), THREE, FOUR))
    hop.reprint("earlier", pubDate="Thu, 19 Nov 2026 10:00:00 +0800")
    hop.reprint("missing")
    hop.reprint("error")
    hop.reprint("forbidden")
    hop.reprint("inside", link="http://10.1.2.3/secret")
    hop.reprint("text", ("来源：溪声晚报", *WHOLE), source="")
    ids = hop.read(site, "shorten_titles = true\n")
    server = hop.server
    server.fail("/missing.html", 410)
    server.fail("/error.html", 503)
    server.serve("/robots.txt", "User-agent: *\nDisallow: /forbidden")

    report = site.json("check", "--origin", at=LATER, status=1)
    found = {name: o for o in report["originals"] for name, id in ids.items() if o["id"] == id}
    assert not report["ok"]
    bent = {name: kinds(each) for name, each in found.items() if kinds(each)}
    expected = ("title", "author", "dropped", "added", "changed", "earlier", "missing")
    assert bent == {name: [name] for name in expected}
    assert (found["same"]["status"], found["same"]["share"]) == (200, 1.0)
    # What cannot be seen is no finding
    problems = {name: each["problem"] for name, each in found.items() if each["problem"]}
    assert problems["error"] == "HTTP 503 Service Unavailable"
    assert problems["forbidden"] == "robots.txt forbids it"
    assert "may not be" in problems["inside"]
    assert len(problems) == 3
    assert "/forbidden.html" not in [path for path, _ in server.asked]

    flagged = {row["id"]: row for row in site.json("review") if row["kind"].startswith("original-")}
    assert {row["kind"] for row in flagged.values()} == {f"original-{kind}" for kind in expected}
    assert {row["status"] for row in flagged.values()} == {"published"}
    site.run("approve", ids["title"])

    _each_hop_has_its_evidence(site, ids, server)

    server.serve("/missing.html", page(*WHOLE), Content_Type="text/html")
    words = [ids[name] for name in ("missing", "title", "dropped")]
    told = site.run("check", "--origin", *words, at=AGAIN, status=1).out
    assert f"- {THREE}" in told
    assert "3 compared with their originals, 2 differ, 0 not seen" in told
    kept = {row["id"]: row["kind"] for row in site.json("review")}
    assert ids["missing"] not in kept  # it is there again
    assert ids["title"] not in kept  # an editor saw this very difference
    why = site.json("why", ids["missing"])
    assert [(o["status"], o["at"]) for o in why["originals"]] == [(410, LATER), (200, AGAIN)]
    assert [d["what"] for d in why["decisions"]][-2:] == ["original", "original"]


def _each_hop_has_its_evidence(site: Site, ids: dict[str, str], server: FeedServer) -> None:
    hops = site.json("why", ids["same"])["hops"]
    assert [hop["role"] for hop in hops] == ["read-from", "via", "source", "origin"]
    assert [hop["name"] for hop in hops] == ["hop", "清河转载", "云溪日报", None]
    read, via, source, origin = (hop["evidence"] for hop in hops)
    assert (read[0]["kind"], read[0]["where"]) == ("received", f"feed {server.url('/rss')}")
    assert read[0]["at"] == site.at
    assert via[0]["where"] == "title of the feed"
    assert (source[0]["kind"], source[0]["where"]) == ("element", "source of the item")
    assert source[0]["text"] == "<source>云溪日报</source>"
    assert [proof["kind"] for proof in origin] == ["element", "page"]
    assert (origin[1]["at"], origin[1]["text"]) == (LATER, "HTTP 200: as here")
    text = site.run("why", ids["same"]).out
    assert "source     云溪日报" in text
    assert "element: source of the item: <source>云溪日报</source>" in text
    # What was read from the text is marked as such
    guessed = site.json("why", ids["text"])["hops"][2]
    assert (guessed["name"], guessed["evidence"][0]["kind"]) == ("溪声晚报", "inferred")


def test_fulltext_compares_when_it_reads(site: Site, hop: Hop) -> None:
    hop.reprint("title", (ONE,), title="档案室竟要收费？")
    (id,) = hop.read(site, "fulltext = true\n").values()
    assert [row["kind"] for row in site.json("review")] == ["original-title"]
    (seen,) = site.json("why", id)["originals"]
    assert (seen["status"], seen["excerpt"]) == (200, True)


@pytest.mark.parametrize(
    "words", [("abc",), ("--since", "2026-11-01"), ("--origin", "--rules")], ids=" ".join
)
def test_wrong_usage(site: Site, words: tuple[str, ...]) -> None:
    site.run("check", *words, status=2)


@pytest.mark.parametrize("columns", ["120", "60"])
def test_side_by_side(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    terminal.beside(ONE + TWO, "The archive opened yesterday. " + TWO, ("~", "~"))
    lines = capsys.readouterr().out.splitlines()
    assert all(terminal.width(line) <= int(columns) for line in lines)
    together = [line for line in lines if "青河镇" in line and "The archive" in line]
    assert len(together) == (1 if columns == "120" else 0)
