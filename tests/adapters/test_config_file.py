"""Adding to a config that a person keeps by hand."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.adapters import config_file
from syndicate.errors import ConfigError, OutputError

SOURCE = {"id": "river", "name": '清河 "要闻"\\', "url": "https://river.example/rss?a=1&b=2"}
COLUMN = {"id": "law", "title": "法治"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("", "", id="empty"),
        pytest.param('# mine\n[site]\nname = "x" # why\n', None, id="comments"),
        pytest.param('[site]\nname = "x"', None, id="no newline at the end"),
        pytest.param('[site]\r\nname = "x" # a\r\n', None, id="CRLF"),
        pytest.param('[[sources]]\nid = "a"\n[[columns]]\nid = "b"\n', None, id="tables there"),
        pytest.param(
            '[[columns]]\nid = "b"\n[[columns.rules]]\nany = ["x"]\n\n[web]\n', None, id="rules last"
        ),
        pytest.param("sources = []  # none yet\n", "# none yet", id="inline and empty"),
        pytest.param(
            'sources = [\n  {id = "a"}, # first\n]\n[site]\nname = "x" # why\n', "# why", id="inline"
        ),
        pytest.param('text = """\n[[sources]]\n"""\n', None, id="a header in a string"),
    ],
)  # fmt: skip
def test_what_was_there_stays(tmp_path: Path, text: str, kept: str | None) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode())
    before = tomllib.loads(text)
    config_file.append(path, [COLUMN], [SOURCE])
    now = path.read_bytes().decode()
    assert now.startswith(text) if kept is None else kept in now
    after = tomllib.loads(now)
    assert after.pop("sources") == [*before.pop("sources", []), SOURCE]
    assert after.pop("columns") == [*before.pop("columns", []), COLUMN]
    assert after == before


def test_nothing_to_add_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# x")
    config_file.append(path, [], [])
    assert path.read_text() == "# x"


def test_mode_and_link_stay_and_nothing_is_left_behind(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_text("")
    real.chmod(0o640)
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    config_file.append(link, [], [SOURCE])
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["config.toml", "real.toml"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[site\n", id="no TOML"),
        pytest.param('sources = "x"\n', id="sources is no list"),
        pytest.param("[sources]\na = 1\n", id="sources is one table"),
    ],
)
def test_what_cannot_be_added_to_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        config_file.append(path, [], [SOURCE])
    assert path.read_text() == text


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be read"):
        config_file.append(tmp_path / "none.toml", [], [SOURCE])


@given(st.dictionaries(st.text(max_size=9), st.text(max_size=20) | st.booleans() | st.integers(-9, 9)
       | st.lists(st.text(max_size=5), max_size=3), min_size=1, max_size=5))  # fmt: skip
def test_any_text_comes_back(table: dict[str, object]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_text("# x\n")
        config_file.append(path, [], [table])
        assert tomllib.loads(path.read_text())["sources"] == [table]
