"""config.toml through the command line: every key, what is wrong said with its key and its line."""

from __future__ import annotations

import copy
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from sites import Site

# One value of every key of the contract's block, all of them allowed
FULL: dict[str, Any] = {
    "site": {
        "name": "站", "url": "https://news.example/", "language": "en", "timezone": "Europe/Berlin",
        "sponsor": "s", "supervisor": "s", "rights": "r",
        "contact": {"email": "a@b.example", "phone": ["1"], "report_phone": ["2"],
                    "address": ["路 1 号"], "im": ["x"]},
        "notices": {"reprint": "[免责声明] {takedown_days}", "information": "i", "royalty": "r",
                    "takedown_days": 30},
    },
    "storage": {"database": "sqlite:var/s.db", "output": "out", "keep_days": 0},
    "fetch": {"contact": "c@d.example", "concurrency": 3, "per_host": 1, "timeout": 30,
              "max_bytes": 10_000_000, "allow_networks": ["10.0.0.0/8", "127.0.0.1:80"]},
    "publish": {"items": 50, "link": "page", "hubs": ["https://hub.example/"]},
    "columns": [
        {"id": "law", "title": "法", "parent": "", "description": "d", "rest": False,
         "rules": [{"any": ["a"], "all": ["b"], "none": ["c"], "title": ["d"], "author": ["e"],
                    "source": ["f"], "category": ["g"], "url": ["*h*"], "regex": "i+"}]},
        {"id": "notes", "parent": "law"},
    ],
    "sources": [
        {"id": "gov", "name": "n", "type": "folder", "path": "in", "column": "law",
         "every": "30m", "timezone": "Asia/Tokyo", "own": False, "rights": "r", "licence": "l",
         "permission": "p", "content": "full", "fulltext": False, "noindex": True,
         "trusted": True, "require": ["source", "origin", "author", "original_url", "published",
                                      "rights", "licence", "editor"],
         "include": ["x"], "exclude": ["y"],
         "select": {"items": "li", "title": "a", "link": "a", "date": "i", "content": "p",
                    "next": "b"}},
        {"id": "far", "url": "https://gov.example/rss.xml"},
    ],
    "digests": [
        {"id": "daily", "title": "t", "columns": ["law"], "schedule": "0 8 * * 7",
         "timezone": "Asia/Tokyo", "items": 3, "max_age": "30d", "settle": "0m", "empty": "send",
         "subject": "{{ digest.title }} · {{ edition.date }}", "template": "digest",
         "public": True},
    ],
    "mail": {"route": "maildir:var/mail", "password": "", "from": "a@b.example",
             "reply_to": "c@d.example", "bounce": "e@f.example", "inbox": "maildir:in",
             "rate": 0.5, "connections": 4, "dkim": {"domain": "", "selector": "", "key": ""}},
    "web": {"listen": "127.0.0.1:8080", "trusted_proxies": ["10.0.0.1"],
            "secret": "file:var/secret", "admin_token": "abc"},
}  # fmt: skip


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all keys that hold no table."""
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in _paths(v, (*path, k))]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [p for n, v in enumerate(value) for p in _paths(v, (*path, n))]
    return [path]


def _tables(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [path, *(p for k, v in value.items() for p in _tables(v, (*path, k)))]
    if isinstance(value, list):
        return [p for n, v in enumerate(value) for p in _tables(v, (*path, n))]
    return []


def _named(path: tuple[Any, ...]) -> str:
    """sources[2].column, as the contract writes it."""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")


def _at(data: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        data = data[part]
    return data


def _write(site: Site, data: Any) -> None:
    site.config(tomlkit.dumps(data), site="")


def _wrong(value: Any) -> list[Any]:
    """Values of types that a key of this value's type cannot have."""
    if isinstance(value, bool):
        return ["true", 1]
    if isinstance(value, int | float):
        return ["4", True, []]
    if isinstance(value, list):
        return ["text", 3, {"a": 1}, [7]]
    return [5, ["x"], {"a": "b"}]


def _says(site: Site, key: str, word: str = "") -> str:
    """The line of `check` about a key; every other command refuses the config with 2."""
    ran = site.call("check")
    assert ran.status == 1, ran
    lines = [line for line in ran.out.splitlines() if re.search(rf" {re.escape(key)}[:.\[]", line)]
    assert lines, (key, ran.out)
    line = lines[0]
    assert re.match(rf"{re.escape(str(site.root / 'config.toml'))}:\d+: ", line), line
    assert word in line, line
    refused = site.call("list", "--json")
    assert refused.status == 2, refused
    assert key in refused.err
    assert key in refused.json["problems"][0]["error"]
    return line


def test_every_key_of_the_contract_is_taken(site: Site) -> None:
    site.write("in/x.txt", "")
    _write(site, FULL)
    ran = site.call("check")
    assert ran.status == 0, ran.out


@pytest.mark.parametrize("path", _paths(FULL), ids=_named)
def test_a_wrong_type_names_the_key(site: Site, path: tuple[Any, ...]) -> None:
    for wrong in _wrong(_at(FULL, path)):
        data = copy.deepcopy(FULL)
        _at(data, path[:-1])[path[-1]] = wrong
        _write(site, data)
        _says(site, _named(path))


@pytest.mark.parametrize("path", [p for p in _tables(FULL) if p], ids=_named)
def test_an_unknown_key_is_named_and_a_table_must_be_one(site: Site, path: tuple[Any, ...]) -> None:
    data = copy.deepcopy(FULL)
    _at(data, path)["colour"] = "red"
    _write(site, data)
    _says(site, _named((*path, "colour")))
    data = copy.deepcopy(FULL)
    _at(data, path[:-1])[path[-1]] = "text"
    _write(site, data)
    _says(site, _named(path))


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("sources", 0, "column"), "lae", "no column 'lae'; did you mean 'law'?"),
        (("columns", 1, "parent"), "lwa", "no column 'lwa'; did you mean 'law'?"),
        (("digests", 0, "columns"), ["not"], "digests[0].columns[0]: no column 'not'"),
        (("sources", 0, "require"), ["authr"], "did you mean 'author'?"),
        (("sources", 0, "type"), "fed", "did you mean 'feed'?"),
        (("sources", 0, "content"), "ful", "'full'"),
        (("sources", 0, "every"), "often", "often"),
        (("sources", 0, "timezone"), "Asia/Shangri-La", "Asia/Shangri-La"),
        (("site", "timezone"), "Mars", "Mars"),
        (("site", "timezone"), "../../etc/passwd", "time zone"),
        (("site", "url"), "news.example", "news.example"),
        (("site", "url"), "", "site.url"),
        (("site", "name"), "", "site.name"),
        (("publish", "link"), "orignal", "did you mean 'original'?"),
        (("publish", "items"), 0, "publish.items"),
        (("publish", "hubs"), ["hub"], "publish.hubs[0]"),
        (("columns", 0, "id"), "articles", "articles"),
        (("columns", 0, "id"), "archive", "archive"),
        (("columns", 0, "id"), "editions", "editions"),
        (("columns", 0, "id"), "subscribe", "subscribe"),
        (("columns", 0, "id"), "admin", "admin"),
        (("columns", 0, "id"), "healthz", "healthz"),
        (("columns", 0, "id"), "metrics", "metrics"),
        (("columns", 0, "id"), "Law", "Law"),
        (("columns", 0, "id"), "../up", "../up"),
        (("columns", 0, "id"), "", "columns[0].id"),
        (("columns", 1, "id"), "law", "twice"),
        (("sources", 1, "id"), "gov", "twice"),
        (("sources", 1, "id"), "源", "sources[1].id"),
        (("columns", 0, "parent"), "law", "ancestor"),
        (("columns", 0, "rules", 0, "regex"), "(", "columns[0].rules[0].regex"),
        (("columns", 0, "rules", 0), {}, "columns[0].rules[0]"),
        (("digests", 0, "schedule"), "8 o'clock", "digests[0].schedule"),
        (("digests", 0, "schedule"), "0 25 * * *", "digests[0].schedule"),
        (("digests", 0, "max_age"), "30 moons", "digests[0].max_age"),
        (("digests", 0, "settle"), "-5m", "digests[0].settle"),
        (("digests", 0, "empty"), "skp", "did you mean 'skip'?"),
        (("digests", 0, "template"), "nonesuch", "nonesuch"),
        (("digests", 0, "subject"), "{{ digest.title", "digests[0].subject"),
        (("digests", 0, "items"), 0, "digests[0].items"),
        (("mail", "route"), "pigeon:loft", "mail.route"),
        (("mail", "from"), "nobody", "mail.from"),
        (("mail", "from"), "a@b.example\nBcc: x@y.example", "mail"),
        (("mail", "inbox"), "lmtp://192.0.2.1:24", "mail.inbox: LMTP has no password"),
        (("mail", "inbox"), "pop3://x", "mail.inbox"),
        (("mail", "rate"), -1, "mail.rate"),
        (("mail", "connections"), 0, "mail.connections"),
        (("fetch", "allow_networks"), ["everything"], "fetch.allow_networks[0]"),
        (("fetch", "concurrency"), 0, "fetch.concurrency"),
        (("fetch", "timeout"), -3, "fetch.timeout"),
        (("fetch", "max_bytes"), 0, "fetch.max_bytes"),
        (("storage", "database"), "mysql://x", "storage.database"),
        (("storage", "database"), "postgresql://[::1", "storage.database"),
        (("storage", "database"), "postgresql://me@host:port/db", "storage.database"),
        (("storage", "database"), "", "storage.database"),
        (("storage", "output"), "", "storage.output"),
        (("storage", "keep_days"), -1, "storage.keep_days"),
        (("site", "notices", "takedown_days"), -1, "site.notices.takedown_days"),
        (("web", "listen"), "somewhere", "web.listen"),
        (("web", "listen"), "127.0.0.1:65536", "web.listen"),
        (("web", "trusted_proxies"), ["near"], "web.trusted_proxies[0]"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_is_said(site: Site, path: tuple[Any, ...], value: Any, says: str) -> None:
    data = copy.deepcopy(FULL)
    _at(data, path[:-1])[path[-1]] = value
    _write(site, data)
    ran = site.call("check")
    assert ran.status == 1, ran
    assert says in ran.out
    assert _named(path).split("[")[0] in ran.out


def test_the_least_config_works(site: Site) -> None:
    assert site.run("check").status == 0
    document = site.json("run")
    assert document["columns"] == {"rest": 0}
    assert "其他" in (site.feeds / "rest/index.html").read_text()
    assert (site.root / "var/syndicate.db").exists()
    assert site.json("verify")["problems"] == []


def test_an_english_site_has_its_rest_in_english(site: Site) -> None:
    site.config("", site='[site]\nname = "S"\nurl = "https://s.example"\nlanguage = "en"\n')
    site.run("run")
    assert "Other" in (site.feeds / "rest/index.html").read_text()


@pytest.mark.parametrize("text", ['[site\nname = "x"', "[site]\nname = ", 'a = "\x01"', "\x00"])
def test_what_is_no_toml_is_one_line_with_its_place(site: Site, text: str) -> None:
    site.config(text, site="")
    ran = site.call("check")
    assert ran.status == 1
    assert re.match(r".*config\.toml:\d+: not TOML", ran.out)
    assert site.call("run").status == 2


def test_a_config_that_is_not_utf8_or_a_folder(site: Site) -> None:
    site.write("config.toml", "[site]\nname = '站'".encode("gbk"))
    assert site.call("check").status == 1
    assert site.call("list").status == 2
    (site.root / "config.toml").unlink()
    (site.root / "config.toml").mkdir()
    assert site.call("list").status == 2


def test_no_config_is_2_for_every_command(site: Site) -> None:
    (site.root / "config.toml").unlink()
    for words in (["run"], ["check"], ["list"], ["verify"], ["sources"], ["digest", "list"]):
        ran = site.call(*words)
        assert (ran.status, ran.out) == (2, ""), ran
        assert "config" in ran.err


def test_site_name_and_url_are_required(site: Site) -> None:
    site.config("", site="")
    ran = site.call("check")
    assert "site: is required" in ran.out or "site.name" in ran.out
    site.config("", site='[site]\nname = "x"\n')
    assert "site.url" in site.call("check").out


def test_a_secret_comes_from_the_environment_or_a_file(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.config('[mail]\nroute = "smtp://u@127.0.0.1:9"\npassword = "env:SYN_TEST_PW"\n')
    ran = site.run("check")
    assert "mail.password" in ran.out
    assert "SYN_TEST_PW" in ran.out
    monkeypatch.setenv("SYN_TEST_PW", "hush")
    assert "mail.password" not in site.run("check").out
    site.config('[mail]\nroute = "smtp://u@127.0.0.1:9"\npassword = "file:pw"\n')
    assert "mail.password" in site.run("check").out
    site.write("pw", "hush\n")
    ran = site.run("check")
    assert "mail.password" not in ran.out
    assert "hush" not in ran.out


def test_half_a_signature_is_said(site: Site) -> None:
    site.config('[mail.dkim]\ndomain = "news.example"\n')
    ran = site.call("check")
    assert ran.status == 0
    assert "mail.dkim: nothing is signed without selector, key" in ran.out


def test_an_admin_token_that_is_unset_is_said(site: Site) -> None:
    assert "web.admin_token" in site.run("check").out


def test_syndicate_config_names_the_config(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from click.testing import CliRunner

    from syndicate.cli.main import program

    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("SYNDICATE_CONFIG", str(site.root / "config.toml"))
    ran = CliRunner().invoke(program, ["run"], standalone_mode=False)
    assert ran.exit_code == 0
    assert (site.root / "feeds/index.html").exists(), "relative paths are relative to the config"
    assert os.listdir(elsewhere) == []
    monkeypatch.chdir(site.root)
    monkeypatch.delenv("SYNDICATE_CONFIG")
    assert CliRunner().invoke(program, ["list"], standalone_mode=False).exit_code == 0


def test_init_writes_the_keys_of_the_contract(site: Site, tmp_path: Path) -> None:
    ran = site.call("init", str(tmp_path / "new"))
    assert ran.status == 0
    files = sorted(str(p.relative_to(tmp_path / "new")) for p in (tmp_path / "new").rglob("*"))
    assert [f for f in files if f.endswith((".toml", ".md"))] == [
        "articles/first.md",
        "config.toml",
    ]
    assert len(files) == 3
    data = tomllib.loads((tmp_path / "new/config.toml").read_text())
    wanted = {_named(p) for p in _paths(FULL) if 1 not in p}
    rules = {f"columns[0].rules[0].{key}" for key in FULL["columns"][0]["rules"][0]}
    assert {_named(p) for p in _paths(data)} >= wanted - rules - {
        f"sources[0].select.{key}" for key in FULL["sources"][0]["select"]
    } - {"sources[0].url"}
    again = site.call("init", str(tmp_path / "new"))
    assert again.status in (1, 2)
    assert "overwrit" in again.err


def test_the_block_of_the_contract_is_what_init_writes(site: Site, shared: Path) -> None:
    page = (shared / "contract.md").read_text("utf-8")
    block = re.search(r"```toml\n(.*?)```", page, re.S)
    assert block
    site.write("config.toml", block[1].replace('url = "https://news', 'url = "https://news'))
    ran = site.call("check")
    assert ran.status == 0, ran.out
    site.call("init", str(site.root / "new"))
    ours = tomllib.loads((site.root / "new/config.toml").read_text())
    theirs = {_named(p) for p in _paths(tomllib.loads(block[1]))}
    assert theirs - {_named(p) for p in _paths(ours)} <= {"sources[0].url"}


def test_an_init_config_runs_as_it_is(site: Site) -> None:
    made = Site(site.root / "made")
    site.call("init", str(made.root))
    assert made.run("check").status == 0
    document = made.json("run")
    assert document["entries"]["new"] == 1
    assert made.json("verify")["problems"] == []
