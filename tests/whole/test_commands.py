"""The command line: words, exit statuses, one JSON document, what an editor can do."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from sites import FeedServer, Site, item, rss

RICH = """
[[columns]]
id = "law"
title = "法治"
[[columns.rules]]
any = ["法院"]
[[columns]]
id = "notes"
title = "札记"
parent = "law"
[[sources]]
id = "one"
path = "one.xml"
[[sources]]
id = "two"
path = "two.xml"
[[digests]]
id = "daily"
"""
TEXT = (
    "清河县法院昨天公布了上半年的审判数据，受理案件一千二百件，审结一千一百件，"
    "比去年同期多了一成。院长林小溪说，数字背后是法官们的加班加点，也是群众的信任。"
    "下半年，法院还要在三个乡镇设立巡回法庭，让村民少跑路、少花钱，把纠纷化解在家门口。"
)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Two feeds that share one article, and each have another."""
    site = Site(tmp_path_factory.mktemp("first")).config(RICH)
    shared = item(1, TEXT, title="清河法院公布数据")
    site.write(
        "one.xml",
        rss(shared, item(2, "河边的柳树今年发芽早，老人说是暖冬的缘故，孩子们折了枝条编帽子。")),
    )
    copy = item(3, TEXT, title="清河县法院公布上半年审判数据")
    site.write(
        "two.xml",
        rss(
            copy,
            item(4, "合作社的三台新农机到了，村民围着看了一上午，都说明年春耕能省一半力气。"),
            title="转手晚报",
            link="https://copy.example/",
        )
        .replace("origin.example/3", "copy.example/3")
        .replace("origin.example/4", "copy.example/4"),
    )
    site.run("run")
    return site


@pytest.fixture
def rich(first: Site, tmp_path: Path) -> Site:
    """A site of one's own with what `first` has."""
    return first.copy(tmp_path / "site")


def _ids(site: Site, *words: str) -> set[str]:
    return {row["id"] for row in site.json("list", *words)}


def _by_title(site: Site) -> dict[str, dict[str, Any]]:
    return {row["title"]: row for row in site.json("list")}


COMMANDS = [
    *(["run"], ["ingest"], ["ingest", "one"], ["publish"], ["deliver"], ["check"], ["export"]),
    *(["check", "--rules"], ["sources"], ["list"], ["verify"], ["status"], ["review"]),
    *(["digest", "list"], ["digest", "preview", "daily", "--out", "OUT"]),
    *(["digest", "send", "daily", "--dry-run"], ["digest", "send", "daily"]),
    *(["subscribers", "list"], ["subscribers", "export"], ["train"]),
    *(["subscribers", "add", "li@reader.example", "--consent", "by phone"],),
    *(["show", "ID"], ["why", "ID"], ["move", "ID", "law"], ["merge", "ID", "OTHER"]),
    *(["split", "ID"], ["reject", "ID"], ["approve", "ID"], ["retract", "ID", "--reason", "r"]),
    *(["restore", "ID"], ["init", "NEW"], ["backup", "FILE"]),
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_json_is_one_document_and_at_is_taken(rich: Site, words: list[str]) -> None:
    rows = {row["title"]: row["id"] for row in rich.json("list")}
    first, other = rows["第2篇报道"], rows["第4篇报道"]
    if words[0] == "split":
        rich.run("merge", first, other)
    if words[0] == "restore":
        rich.run("retract", first, "--reason", "r")
    places = {"ID": first, "OTHER": other, "OUT": "out", "NEW": "new", "FILE": "copy.db"}
    filled = [
        str(rich.root / places[w]) if w in ("OUT", "NEW", "FILE") else places.get(w, w)
        for w in words
    ]
    ran = rich.run(*filled, "--json", status=None)
    assert ran.status == 0, ran
    json.loads(ran.out)


def test_run_prints_the_documented_keys(rich: Site) -> None:
    document = rich.json("run")
    assert set(document) >= {
        *("sources", "entries", "columns", "feeds", "pages", "digests", "problems", "seconds"),
    }
    assert set(document["sources"]) >= {"polled", "changed", "unchanged", "skipped", "failed"}
    assert set(document["entries"]) >= {
        *("received", "new", "updated", "unchanged", "duplicates", "held"),
    }
    assert set(document["digests"]) >= {"editions", "messages", "sent", "deferred", "failed"}
    assert set(document["columns"]) == {"law", "notes", "rest"}
    entries = document["entries"]
    assert entries["received"] == entries["new"] + entries["updated"] + entries["unchanged"]


def test_stages_print_their_parts(rich: Site) -> None:
    assert {"sources", "entries", "problems", "seconds"} <= set(rich.json("ingest"))
    assert "digests" not in rich.json("ingest")
    assert {"feeds", "pages", "seconds"} <= set(rich.json("publish"))
    assert "sources" not in rich.json("publish")
    assert {"digests", "seconds"} <= set(rich.json("deliver"))


def test_shapes(rich: Site) -> None:
    row = rich.json("list")[0]
    assert set(row) >= {
        *("id", "title", "url", "source", "column", "columns", "status", "received", "story"),
        *("lead", "attribution"),
    }
    shown = rich.json("show", row["id"])
    assert set(shown) >= {*row, "content_html", "content_text", "summary", "notices", "history"}
    assert set(shown["history"][0]) >= {"at", "what", "by", "reason", "before", "after"}
    assert set(row["attribution"]) >= {
        *("source", "authors", "original_url", "original_id", "original_title", "published"),
        *("updated", "rights", "licence", "editor", "via"),
    }
    rich.run("ingest")
    rich.run("ingest")  # its folder is another than the one that was read before
    (first, _) = rich.json("sources")
    assert set(first) >= {
        *("id", "name", "type", "url", "status", "error", "failures", "last", "next", "entries"),
    }
    assert (first["name"], first["type"], first["status"], first["entries"]) == (
        *("源头日报", "feed", "ok"),
        2,
    )
    rich.run("subscribers", "add", "li@reader.example", "--consent", "by phone")
    (person,) = rich.json("subscribers", "list")
    assert set(person) >= {
        *("email", "state", "digests", "columns", "frequency", "language", "timezone", "joined"),
        "paused_until",
    }
    assert person["state"] == "confirmed"
    assert person["digests"] == []  # no digest named: all public ones
    assert (person["language"], person["timezone"]) == ("zh-CN", "Asia/Shanghai")
    (digest,) = rich.json("digest", "list")
    assert set(digest) >= {"id", "title", "next", "editions"}


def test_list_narrows(rich: Site) -> None:
    everything = rich.json("list")
    assert len(everything) == 4
    assert [r["received"] for r in everything] == sorted(
        (r["received"] for r in everything), reverse=True
    )
    assert len(_ids(rich, "--source", "two")) == 2
    assert len(_ids(rich, "--column", "law")) == 2
    assert len(_ids(rich, "--leads")) == 3
    assert len(_ids(rich, "--limit", "1")) == 1
    assert len(_ids(rich, "--since", "2026-11-24T08:00+08:00")) == 4
    assert _ids(rich, "--since", "2026-11-24T08:01+08:00") == set()
    assert len(_ids(rich, "--since", "2026-11-23")) == 4
    assert _ids(rich, "--status", "held") == set()
    rich.run("reject", everything[0]["id"])
    assert len(_ids(rich)) == 4, "all of them unless narrowed"
    assert _ids(rich, "--status", "rejected") == {everything[0]["id"]}
    rich.run("retract", everything[1]["id"], "--reason", "r", "--only")
    assert _ids(rich, "--status", "retracted") == {everything[1]["id"]}


def test_an_entry_is_named_by_prefix_url_and_original_url(rich: Site) -> None:
    row = _by_title(rich)["第2篇报道"]
    for name in (row["id"], row["id"][:6], row["url"], row["attribution"]["original_url"]):
        assert rich.json("show", name)["id"] == row["id"]
    assert rich.json("show", f"https://news.example/articles/{row['id']}.html")["id"] == row["id"]
    ran = rich.run("show", "zz", status=None)
    assert ran.status in (1, 2)
    assert "no such entry" in ran.err


def test_an_ambiguous_prefix_is_refused(rich: Site) -> None:
    ids = [row["id"] for row in rich.json("list")]
    first = [id[0] for id in ids]
    twice = next((letter for letter in first if first.count(letter) > 1), "")
    ran = rich.run("show", twice, status=None)
    assert ran.status in (1, 2)


def test_why_tells_every_decision(rich: Site) -> None:
    rows = _by_title(rich)
    joined = rows["清河县法院公布上半年审判数据"]
    text = rich.run("why", joined["id"]).out + json.dumps(
        rich.json("why", joined["id"]), ensure_ascii=False
    )
    lead = rows["清河法院公布数据"]
    assert joined["story"] == lead["story"]
    assert lead["lead"]
    assert not joined["lead"]
    assert lead["id"] in text
    assert "score" in text
    assert "法院" in text, "the words of the rule"
    told = rich.json("why", lead["id"])
    assert {d["what"] for d in told["decisions"]} >= {"identity", "date", "column"}
    assert {"law/rss.xml", "rss.xml"} <= set(told["feeds"])


def test_move_merge_and_split_survive_reingestion(rich: Site) -> None:
    rows = _by_title(rich)
    tree, machines = rows["第2篇报道"]["id"], rows["第4篇报道"]["id"]
    rich.run("move", tree, "notes")
    rich.run("merge", tree, machines)
    rich.run("split", rows["清河县法院公布上半年审判数据"]["id"])
    for name in ("one.xml", "two.xml"):
        text = (rich.root / name).read_text()
        rich.write(name, text.replace("</description>", "（更新：记者补充了细节。）</description>"))
    counts = rich.json("run")["entries"]
    assert counts["updated"] == 4
    after = {row["id"]: row for row in rich.json("list")}
    assert after[tree]["column"] == "notes"
    assert after[tree]["story"] == after[machines]["story"]
    assert sum(after[id]["lead"] for id in (tree, machines)) == 1
    stories = {after[rows[t]["id"]]["story"] for t in rows if "法院" in t}
    assert len(stories) == 2
    history = rich.json("show", tree)["history"]
    assert any(h["what"] == "column" and h["by"] == "editor" for h in history)
    assert rich.json("verify")["problems"] == []


def test_split_of_the_lead_keeps_the_others(rich: Site) -> None:
    lead = _by_title(rich)["清河法院公布数据"]["id"]
    rich.run("split", lead)
    assert len(_ids(rich, "--leads")) == 4
    assert rich.run("split", lead, status=None).status == 2
    rich.run("publish")
    assert rich.json("verify")["problems"] == []


def test_review_approve_and_reject(site: Site) -> None:
    site.config(
        '[[sources]]\nid = "a"\npath = "a.xml"\nrequire = ["author", "source"]\n'
        '[[sources]]\nid = "b"\npath = "b.xml"\nrequire = ["licence"]\n'
    )
    site.write("a.xml", rss(item(1)))
    site.write("b.xml", rss(item(2)))
    assert site.json("run")["entries"]["held"] == 2
    held = {row["source"]: row for row in site.json("review")}
    assert "author" in held["a"]["reason"]
    assert "licence" in held["b"]["reason"]
    assert "第1篇" not in (site.feeds / "rss.xml").read_text()
    assert not (site.feeds / f"articles/{held['a']['id']}.html").exists()
    site.run("approve", held["a"]["id"])
    site.run("reject", held["b"]["id"])
    site.run("run")
    assert "第1篇" in (site.feeds / "rss.xml").read_text()
    assert "第2篇" not in (site.feeds / "rss.xml").read_text()
    assert site.json("review") == []
    site.write("b.xml", rss(item(2, "换了一段正文，还是没有许可。")))
    site.run("run")
    assert "第2篇" not in (site.feeds / "rss.xml").read_text(), (
        "an editor's word outlives an update"
    )
    assert site.json("verify")["problems"] == []


def test_what_was_refused_does_not_come_back_under_another_id(site: Site) -> None:
    site.config('[[sources]]\nid = "a"\npath = "a.xml"\n[[sources]]\nid = "b"\npath = "b.xml"\n')
    site.write("a.xml", rss(item(1, TEXT)))
    site.write("b.xml", rss())
    site.run("run")
    refused = site.entry()["id"]
    site.run("reject", refused)
    site.write("a.xml", rss(item(1, TEXT + "又及。", title="换了标题", guid="another")))
    assert site.json("run")["entries"]["held"] == 1
    (row,) = site.json("review")
    assert "an editor refused" in row["reason"]
    assert refused in row["reason"]
    site.write("b.xml", rss(item(2, TEXT), title="别的报", link="https://other.example/"))
    site.run("run")
    assert site.entry(source="b")["status"] == "published", "another source has its own word"


def test_held_entries_come_out_when_what_was_missing_comes(site: Site) -> None:
    site.config('[[sources]]\nid = "a"\npath = "a.xml"\nrequire = ["author"]\n')
    site.write("a.xml", rss(item(1)))
    site.run("run")
    site.write("a.xml", rss(item(1, **{"dc:creator": "李　明"})))
    site.run("run")
    assert site.entry()["status"] == "published"


@pytest.mark.parametrize(
    "words",
    [
        *(["nonesuch"], ["run", "--nonesuch"], ["list", "--column", "nonesuch"]),
        *(["list", "--source", "nonesuch"], ["list", "--limit", "0"], ["list", "--limit", "x"]),
        *(["list", "--status", "x"], ["list", "--since", "yesterday"], ["show"]),
        *(["ingest", "nonesuch"], ["move", "ID", "nonesuch"], ["move", "ID"], ["retract", "ID"]),
        *(["merge", "ID", "ID"], ["digest", "preview", "nonesuch"], ["digest"], ["list", "x"]),
        *(["digest", "send", "nonesuch"], ["subscribers", "add", "no-address"]),
        *(["subscribers", "add", "a@b.example", "--digest", "nonesuch"], ["init", "a", "b"]),
        *(["run", "--at", "noon"], ["list", "--at", "2026-13-01"], ["check", "--at", "x"]),
        *(["sources", "--at", ""], ["restore", "ID"], ["add", "http://x.example", "-c", "no"]),
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_is_2(rich: Site, words: list[str]) -> None:
    id = rich.json("list")[0]["id"]
    ran = rich.call(*(id if w == "ID" else w for w in words))
    assert ran.status == 2, ran
    assert ran.err.strip()
    assert "Traceback" not in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    "words", [["--help"], ["run", "--help"], ["digest", "send", "-h"], ["--version"]], ids=" ".join
)
def test_help_is_0(site: Site, words: list[str]) -> None:
    assert site.call(*words).status == 0


def test_at_decides_what_is_due_and_received(site: Site, server: FeedServer) -> None:
    url = server.serve("/a.xml", rss(item(1)))
    allowed = f'[fetch]\nallow_networks = ["{server.network}"]\n'
    site.config(f'{allowed}[[sources]]\nid = "a"\nurl = "{url}"\nevery = "30m"\n')
    assert site.json("run", at="2026-01-02T03:04:05Z")["sources"]["polled"] == 1
    assert site.entry()["received"] == "2026-01-02T11:04:05+08:00"
    (health,) = site.json("sources")
    assert health["last"] == "2026-01-02T11:04:05+08:00"
    assert site.json("run", at="2026-01-02T03:20:00Z")["sources"]["skipped"] == 1
    assert site.json("ingest", "a", at="2026-01-02T03:21:00Z")["sources"]["polled"] == 1
    assert site.json("run", at="2026-01-02T04:00:00Z")["sources"]["polled"] == 1
    assert server.asked == [("/a.xml", 200), ("/a.xml", 304), ("/a.xml", 304)]


def test_quiet_verbose_and_colours(rich: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in rich.run("list").out
    assert rich.call("-q", "run").out == ""
    assert rich.call("-v", "run").status == 0
    assert "\x1b" not in rich.run("list").out


def test_a_run_ends_in_at_most_twelve_lines(rich: Site) -> None:
    assert 1 <= len(rich.run("run").out.splitlines()) <= 12


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(site: Site, server: FeedServer, sent: signal.Signals, status: int) -> None:
    server.answers["/slow.xml"] = lambda feeds, _: feeds.stop.wait(20)  # type: ignore[assignment]
    site.config(
        f'[fetch]\nallow_networks = ["{server.network}"]\n'
        f'[[sources]]\nid = "a"\nurl = "{server.url("/slow.xml")}"\n'
    )
    process = site.process("run", "--json")
    until = time.monotonic() + 20
    while not server.asked and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(process.pid, sent)
    out, err = process.communicate(timeout=20)
    assert process.returncode == status, err
    assert "Traceback" not in err
    assert out == ""


def test_at_and_json_may_stand_before_the_command(rich: Site) -> None:
    for words in (["--at", rich.at, "--json", "digest", "list"], ["digest", "--json", "list"]):
        ran = rich.call(*words)
        assert ran.status == 0, ran
        assert ran.json[0]["id"] == "daily"
    ran = rich.call("--at", "2027-01-02T03:04+08:00", "digest", "list", "--json")
    assert ran.json[0]["next"].startswith("2027-01-02T08:00")
    assert rich.call("--at", "noon", "list").status == 2


@pytest.mark.parametrize(
    ("words", "status"),
    [
        *((["show", "zz"], 2), (["list", "--status", "x"], 2), (["nonesuch"], 2), (["show"], 2)),
        *((["import", "one.txt"], 1), (["subscribers", "import", "one.txt"], 1)),
        *((["show", ""], 2), (["retract", "", "--reason", "r"], 2)),
        *((["retract", "ID", "--reason", " "], 2), (["subscribers", "list", "--state", "x"], 2)),
    ],
    ids=str,
)
def test_what_fails_prints_one_document_too(rich: Site, words: list[str], status: int) -> None:
    file = str(rich.write("one.txt", "this is neither OPML nor a list of people"))
    places = {"ID": rich.json("list")[0]["id"], "one.txt": file}
    ran = rich.call(*(places.get(word, word) for word in words), "--json")
    assert ran.status == status, ran
    (problem,) = ran.json["problems"]
    assert problem["source"] is None
    assert problem["error"]
    assert ran.err


def test_a_run_without_its_database_has_all_keys(site: Site) -> None:
    site.write("var/syndicate.db", b"no database" * 1000)
    ran = site.call("run", "--json")
    assert ran.status == 1
    assert ran.json["entries"]["received"] == 0
    assert ran.json["columns"] == {"rest": 0}
    assert ran.json["problems"]


@pytest.mark.parametrize("encoding", ["latin-1", "ascii:strict", "gbk"])
def test_chinese_in_every_locale(rich: Site, encoding: str) -> None:
    process = rich.process("list", "--json", PYTHONIOENCODING=encoding)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert "第2篇报道" in {row["title"] for row in json.loads(out)}


def test_a_closed_pipe_is_no_failure(rich: Site) -> None:
    process = rich.process("list")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(20) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.parametrize("since", ["2026", "2026-11", "2026-11-24", "20261124T000000+0800"])
def test_since_is_as_precise_as_it_is_given(rich: Site, since: str) -> None:
    assert len(_ids(rich, "--since", since)) == 4


def test_a_closed_pipe_is_no_traceback(rich: Site) -> None:
    process = rich.process("list", "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(20)


def test_status_is_one_screen_however_many_sources_fail(site: Site) -> None:
    site.config("".join(f'[[sources]]\nid = "s{n}"\npath = "gone/{n}.xml"\n' for n in range(40)))
    site.run("ingest")
    assert len(site.json("status")["stuck"]) == 40
    told = site.run("status").out.splitlines()
    assert len(told) < 24
    assert max(map(len, told)) < 600
    assert "and 37 more: `syndicate sources`" in told[-1]
