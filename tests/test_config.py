"""config.toml: what is right, what is wrong, and what is said of it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from syndicate import config
from syndicate.cli import starter
from syndicate.errors import ConfigError

SITE = '[site]\nname = "站"\nurl = "https://news.example"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    _, found = config.read(write(folder, text))
    return [f"{problem.line}: {problem.message}" for problem in found if not problem.warning]


def test_the_least_config_has_working_defaults(tmp_path: Path) -> None:
    settings = config.load(write(tmp_path, SITE))
    assert settings.site.url == "https://news.example/"
    assert settings.storage.output == str(tmp_path / "feeds")
    assert settings.storage.database == f"sqlite:{tmp_path / 'var/syndicate.db'}"
    assert settings.rest.id == "rest"
    assert settings.rest.title == "其他"
    assert settings.mail.sender == "syndicate@news.example"


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        pytest.param("colour = 1", "4: site.colour: no such key", id="unknown key"),
        pytest.param("languge = 'en'", "did you mean 'language'", id="suggestion"),
        pytest.param("rights = 3", "4: site.rights: should be a text", id="type"),
        pytest.param("timezone = 'Mars/Base'", "no time zone 'Mars/Base'", id="zone"),
        pytest.param("[fetch]\ntimeout = 'x'", "fetch.timeout: should be a number", id="number"),
        pytest.param("[publish]\nlink = 'pge'", "did you mean 'page'", id="choice"),
        pytest.param(
            "[[columns]]\nid = 'law'\n[[sources]]\nid='a'\nurl='https://a.example/'\ncolumn='lae'",
            "9: sources[0].column: no column 'lae'; did you mean 'law'?",
            id="dangling column",
        ),
        pytest.param("[[columns]]\ntitle = 'x'", "columns[0].id: is required", id="required"),
        pytest.param("[[columns]]\nid = 'archive'", "folder of Syndicate's own", id="reserved"),
        pytest.param("[[columns]]\nid = 'Law'", "columns[0].id: 'Law'", id="id form"),
        pytest.param(
            "[[columns]]\nid='a'\nparent='b'\n[[columns]]\nid='b'\nparent='a'",
            "ancestor",
            id="ring",
        ),
        pytest.param("[[sources]]\nid = 'a'", "needs a url or path", id="source without place"),
        pytest.param(
            "[[sources]]\nid='a'\nurl='ftp://a.example/'", "is not an address", id="source scheme"
        ),
        pytest.param(
            "[[sources]]\nid='a'\nurl='https://a.example/'\nevery='often'",
            "span of time",
            id="every",
        ),
        pytest.param(
            "[[sources]]\nid='a'\nurl='https://a.example/'\nrequire=['origni']",
            "did you mean 'origin'",
            id="require",
        ),
        pytest.param("[fetch]\nallow_networks = ['intranet']", "neither a network", id="network"),
        pytest.param("[mail]\nroute = 'pigeon:'", "none of maildir:", id="route"),
        pytest.param("[mail]\nsender = 'a@b.example'", "mail.sender: no such key", id="inner name"),
        pytest.param("[web]\nlisten = 'here'", "is not HOST:PORT", id="listen"),
    ],
)
def test_mistakes_name_their_key(tmp_path: Path, extra: str, message: str) -> None:
    found = problems(tmp_path, SITE + extra + "\n")
    assert any(message in problem for problem in found), found


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = SITE + "bad = 1\n[fetch]\ntimeout = 'x'\nper_host = 0\n[mail]\nrate = -1\n"
    assert len(problems(tmp_path, text)) == 4


def test_what_is_no_toml_has_its_line(tmp_path: Path) -> None:
    _, found = config.read(write(tmp_path, "[site]\nname = \n"))
    assert found[0].line == 2
    with pytest.raises(ConfigError):
        config.load(tmp_path / "config.toml")


def test_secrets_come_from_environment_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("from a file\n")
    monkeypatch.setenv("SYN_TEST_PASSWORD", "from the environment")
    text = SITE + '[mail]\npassword = "env:SYN_TEST_PASSWORD"\n[web]\nadmin_token = "file:token"\n'
    settings = config.load(write(tmp_path, text))
    assert settings.mail.password == "from the environment"
    assert settings.web.admin_token == "from a file"
    assert settings.unset == ()


def test_an_unset_secret_switches_off_what_needs_it(tmp_path: Path) -> None:
    settings, found = config.read(write(tmp_path, SITE + '[mail]\npassword = "env:NOT_SET_X"\n'))
    assert settings is not None
    assert "mail.password" in settings.unset
    assert "$NOT_SET_X is not set" in found[0].message


def test_what_a_source_may_show(tmp_path: Path) -> None:
    text = SITE + "".join(
        f"[[sources]]\nid = '{id}'\n{keys}\n"
        for id, keys in (
            ("plain", "url='https://a.example/'"),
            ("licensed", "url='https://b.example/'\nlicence='CC0'"),
            ("agreed", "url='https://c.example/'\npermission='agreement of 2026'"),
            ("folder", "type='folder'\npath='articles'"),
            ("own", "url='https://d.example/'\nown=true"),
            ("link", "url='https://e.example/'\nlicence='CC0'\ncontent='link'"),
        )
    )
    settings = config.load(write(tmp_path, text))
    shown = {source.id: source.content for source in settings.sources}
    assert shown == {
        "plain": "summary",
        "licensed": "full",
        "agreed": "full",
        "folder": "full",
        "own": "full",
        "link": "link",
    }


def contract_block(shared: Path) -> str:
    found = re.search(r"```toml\n(.*?)```", (shared / "contract.md").read_text("utf-8"), re.S)
    assert found is not None
    return found[1]


def keys_of(value: object, path: str = "") -> set[str]:
    if isinstance(value, dict):
        return {key for name, each in value.items() for key in keys_of(each, f"{path}.{name}")}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {key for each in value for key in keys_of(each, path)}
    return {path}


def test_the_contracts_block_is_a_valid_config(shared: Path, tmp_path: Path) -> None:
    settings, found = config.read(write(tmp_path, contract_block(shared)))
    assert [problem for problem in found if not problem.warning] == []
    assert settings is not None


def test_init_writes_the_contracts_keys(shared: Path) -> None:
    asked = keys_of(tomllib.loads(contract_block(shared)))
    written = keys_of(tomllib.loads(starter.CONFIG))
    assert asked - written <= {".sources.url"}  # the sample is a folder: it has a path instead
    assert written - asked <= {".sources.path"}
