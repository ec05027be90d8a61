"""The published tree: whole files or the old ones, and nothing touched that is right already."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from syndicate.adapters.disk import Disk
from syndicate.errors import OutputError


def test_what_is_there_already_is_not_touched(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    assert disk.write("law/rss.xml", b"one")
    before = (tmp_path / "law/rss.xml").stat()
    assert not disk.write("law/rss.xml", b"one")
    after = (tmp_path / "law/rss.xml").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert disk.write("law/rss.xml", b"two")
    assert disk.read("law/rss.xml") == b"two"


def test_anyone_may_read_what_is_published(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        Disk(tmp_path).write("index.html", b"x")
    finally:
        os.umask(old)
    assert (tmp_path / "index.html").stat().st_mode & 0o777 == 0o644


def test_a_reader_sees_the_old_or_the_new_never_a_part(tmp_path: Path) -> None:
    disk, texts = Disk(tmp_path), (b"a" * 300_000, b"b" * 300_000)
    disk.write("feed", texts[0])
    stop, seen = threading.Event(), set()

    def read() -> None:
        while not stop.is_set():
            seen.add((tmp_path / "feed").read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(60):
        disk.write("feed", texts[turn % 2])
    stop.set()
    reader.join()
    assert seen <= set(texts)


def test_files_and_removal(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    assert list(disk.files()) == []
    for path in ("b", "a/c", "a/b/d"):
        disk.write(path, b"x")
    (tmp_path / "a" / "half.syndicate-new").write_bytes(b"left by a killed process")
    assert list(disk.files()) == ["b", "a/c", "a/b/d"]
    assert disk.remove("a/c")
    assert not disk.remove("a/c")
    assert not disk.remove("nowhere/at/all")
    assert disk.read("nowhere/at/all") is None
    assert disk.read("b/below-a-file") is None


def _full(*_: object) -> object:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("call", ["open", "write", "replace"])
def test_a_full_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    disk = Disk(tmp_path)
    disk.write("index.html", b"old")
    monkeypatch.setattr(os, call, _full)
    with pytest.raises(OutputError, match="No space left") as caught:
        disk.write("index.html", b"new")
    assert caught.value.exit_status == 1
    monkeypatch.undo()
    assert disk.read("index.html") == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["index.html"]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda root: (root / "law").write_bytes(b"a file"), id="a file for a folder"),
        pytest.param(lambda root: (root / "law/rss.xml").mkdir(parents=True), id="a folder for it"),
    ],
)
def test_what_cannot_be_written_is_said_with_its_place(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    spoil(tmp_path)
    with pytest.raises(OutputError, match=r"rss\.xml"):
        Disk(tmp_path).write("law/rss.xml", b"x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_tree_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(OutputError, match="Permission denied"):
            Disk(tmp_path).write("law/rss.xml", b"x")
    finally:
        tmp_path.chmod(0o755)
