"""The record and an entry's whole file, as a user asks for them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sites import FeedServer, Site, item, rss

from syndicate import config
from syndicate.daemon import jobs
from syndicate.jobs import audit
from syndicate.wiring import Application

DAY, NEXT, LATER = (f"2026-{day}T08:00:00+08:00" for day in ("11-24", "11-25", "12-30"))
DIGEST = '[[digests]]\nid = "daily"\ntitle = "每日"\nempty = "send"\n'


@pytest.fixture
def fed(site: Site, server: FeedServer) -> Site:
    feed = server.serve("/rss", rss(item(1), item(2)), Content_Type="application/rss+xml")
    site.config(
        f'[fetch]\nallow_networks = ["{server.network}"]\n{DIGEST}'
        f'[[sources]]\nid = "hop"\nurl = "{feed}"\npermission = "agreed"\n'
    )
    site.run("subscribers", "add", "reader@a.example", "--consent", "on paper")
    return site


def of(site: Site, number: int) -> str:
    (id,) = [e["id"] for e in site.json("list") if e["title"] == f"第{number}篇报道"]
    return str(id)


def exported(site: Site, id: str, *words: str) -> dict[str, bytes]:
    site.run("audit", "export", id, "--out", str(site.root / "case.zip"), *words)
    with zipfile.ZipFile(site.root / "case.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_record(fed: Site) -> None:
    assert fed.run("audit").out == "nothing was decided\n"
    fed.run("run", at=DAY)
    one = of(fed, 1)
    fed.run("reject", one, at=NEXT)
    everything = fed.json("audit")
    mine = fed.json("audit", "--entry", one[:8])
    assert {d["entry"] for d in mine} == {one}
    assert mine[-1] in everything
    assert [d["what"] for d in fed.json("audit", "--since", NEXT)] == ["status"]
    proof = fed.json("audit", "--verify")
    assert (proof["seals"], proof["unsealed"], proof["broken"]) == (1, 1, [])
    assert fed.json("audit", "--verify", "--known", proof["head"][:10])["broken"] == []
    fed.run("audit", "--verify", "--known", "0123", status=1)
    for words in (("--verify", "--entry", one), ("--known", "0123"), ("--entry", "none")):
        fed.run("audit", *words, status=2)


def test_what_came_is_in_the_record(fed: Site, server: FeedServer) -> None:
    fed.run("ingest", at=DAY)
    one = of(fed, 1)
    changed = rss(item(1, "编辑部改写了这一篇的正文，说的已经是另一件事。"), item(2))
    server.serve("/rss", changed, Content_Type="application/rss+xml")
    fed.run("ingest", "hop", at=NEXT)
    files = exported(fed, one)
    listed = json.loads(files["received.json"])
    assert [each["file"] for each in listed] == ["received/1-item.xml", "received/2-item.xml"]
    whole = rss(item(1), item(2)).encode()
    assert files["received/1-item.xml"] == f"<item>{item(1)}</item>".encode()
    assert files["received/1-document.xml"] == rss(item(1)).encode()
    assert "编辑部改写" in files["received/2-item.xml"].decode()
    assert listed[0]["answer"] == {"bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}
    assert listed[0]["headers"]["content-type"] == "application/rss+xml"
    decided = [d["after"]["sha256"] for d in json.loads(files["decisions.json"])
               if isinstance(d["after"], dict) and "sha256" in d["after"]]  # fmt: skip
    assert decided == [[each["sha256"]] for each in listed]


def test_an_entrys_whole_file(fed: Site) -> None:
    fed.run("run", at=DAY)
    fed.run("run", at=NEXT)
    one, two = of(fed, 1), of(fed, 2)
    files = exported(fed, one)
    first = (fed.root / "case.zip").read_bytes()
    exported(fed, one)
    assert (fed.root / "case.zip").read_bytes() == first
    assert files[f"published/articles/{one}.html"] == fed.published()[f"articles/{one}.html"]
    for feed in ("rss.xml", "atom.xml", "feed.json"):
        assert "第1篇报道" in files[f"published/{feed}"].decode()
        assert "第2篇报道" not in files[f"published/{feed}"].decode()
    (mail,) = json.loads(files["mails.json"])
    assert (mail["digest"], mail["with_it"]["messages"]) == ("daily", {"sent": 1})
    assert any(name.startswith("mails/daily-") for name in files)
    assert json.loads(files["hops.json"])[0]["role"] == "read-from"
    assert json.loads(files["seals.json"])["broken"] == []
    everything = b"".join(files.values())
    assert b"reader@a.example" not in everything
    assert two.encode() not in files["decisions.json"]
    (mail,) = json.loads(exported(fed, one, "--addresses")["mails.json"])
    assert [a["email"] for a in mail["addresses"]] == ["reader@a.example"]


def test_anybody_can_check_the_manifest(fed: Site, tmp_path: Path) -> None:
    fed.run("run", at=DAY)
    files = exported(fed, of(fed, 1))
    folder = tmp_path / "case"
    with zipfile.ZipFile(fed.root / "case.zip") as archive:
        archive.extractall(folder)
    lines = files["MANIFEST.sha256"].decode().splitlines()
    assert {line.split("  ", 1)[1] for line in lines} == files.keys() - {"MANIFEST.sha256"}
    if program := shutil.which("sha256sum"):
        command = [program, "--quiet", "--strict", "-c", "MANIFEST.sha256"]
        assert subprocess.run(command, cwd=folder, check=False).returncode == 0
    assert b"sha256sum -c MANIFEST.sha256" in files["README.txt"]


def test_a_file_is_kept_as_it_is(site: Site) -> None:
    text = "---\ntitle: 甲\nsource: 云溪日报\n---\n正文。\r\n".encode("gb18030")
    site.write("in/one.md", text)
    site.config('[[sources]]\nid = "in"\ntype = "folder"\npath = "in"\n')
    site.run("ingest")
    (entry,) = site.json("list")
    files = exported(site, entry["id"])
    assert files["received/1-file.md"] == text
    source = site.json("why", entry["id"])["hops"][-1]
    assert (source["name"], source["evidence"][0]["where"]) == ("云溪日报", "line 3")


def _forget(site: Site, how: str, id: str) -> None:
    if how == "pruned":
        text = (site.root / "config.toml").read_text("utf-8")
        (site.root / "config.toml").write_text(text + "[storage]\nkeep_days = 7\n", "utf-8")
        site.run("run", at=LATER)
    else:
        site.run("retract", id, "--reason", "claim C00001", at=NEXT)


@pytest.mark.parametrize("how", ["pruned", "retracted"])
def test_bytes_go_with_their_entry_and_the_record_stays(fed: Site, how: str) -> None:
    fed.run("run", at=DAY)
    one = of(fed, 1)
    before = exported(fed, one)
    kept = b"<guid>https://origin.example/1</guid>"
    assert kept in before["received/1-item.xml"]
    _forget(fed, how, one)
    files = exported(fed, one)
    assert not [name for name in files if name.startswith("received/")]
    decisions = json.loads(files["decisions.json"])
    assert decisions[: len(json.loads(before["decisions.json"]))] == json.loads(
        before["decisions.json"]
    )
    came = json.loads(before["received.json"])[0]["sha256"]
    assert came in files["decisions.json"].decode()
    assert not fed.json("audit", "--verify")["broken"]
    assert ("entry.json" in files) == (how == "retracted")
    others = fed.json("list") if how == "retracted" else []
    for other in others:
        if other["id"] != one:
            assert exported(fed, other["id"])["received/1-item.xml"]


class Quiet:
    """A daemon as far as its upkeep needs it."""

    follows = False

    def __init__(self, app: Application) -> None:
        self._app = app

    def application(self) -> Any:
        return contextlib.nullcontext(self._app)

    def wake(self, what: str, *names: str) -> None: ...

    def in_own_loop(self, kind: str, coroutine: Any) -> None:
        coroutine.close()


def test_a_daemon_seals_the_record(fed: Site) -> None:
    fed.run("ingest", at=DAY)
    app = Application(config.load(fed.root / "config.toml"), datetime.now(UTC))
    assert audit.prove(app.database).seals == 0
    jobs.upkeep(Quiet(app), ())  # type: ignore[arg-type]
    proof = audit.prove(app.database)
    app.close()
    assert (proof.seals, proof.unsealed) == (1, 0)
