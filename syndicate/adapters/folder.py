"""Folders of articles and feed files on disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from syndicate.errors import FetchError

SUFFIXES = frozenset({".md", ".markdown", ".html", ".htm", ".xhtml", ".txt"})
MAX_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file of a folder source: `name` relative to the folder with slashes; None `data` where
    it could not be read, `error` saying why."""

    name: str
    data: bytes | None
    error: str = ""


def files(folder: Path) -> Iterator[LocalFile]:
    """The articles of a folder and the folders in it, in order of name; hidden ones left out.

    Raises FetchError where the folder itself cannot be read.
    """
    if not folder.is_dir():
        raise FetchError("there is no such folder", where=str(folder), remedy="check its path")
    root = folder.resolve()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in name.split("/")):
            continue
        if path.suffix.lower() in SUFFIXES and path.is_file():
            # A folder that is filled by others (a checkout) may hold links to anything
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                yield LocalFile(name, None, "is a link that leads out of the folder")
            else:
                yield _read(path, name)


def _read(path: Path, name: str) -> LocalFile:
    try:
        if path.stat().st_size > MAX_BYTES:
            return LocalFile(name, None, f"is larger than {MAX_BYTES} bytes")
        return LocalFile(name, path.read_bytes())
    except OSError as error:
        return LocalFile(name, None, f"cannot be read: {error.strerror}")


def feed_file(path: Path, limit: int) -> bytes:
    """The bytes of a feed kept in a file; FetchError where it cannot be read or is too large."""
    try:
        if path.stat().st_size > limit:
            raise FetchError(f"is larger than fetch.max_bytes ({limit})", where=str(path))
        return path.read_bytes()
    except OSError as error:
        raise FetchError(f"cannot be read: {error.strerror}", where=str(path)) from error
