"""The published tree: files replaced atomically, and only where their bytes differ.

A file is written beside its place under a name that no web server hands out, then renamed over
it: whoever reads sees the old or the new one, whole. Files are not synced one by one (a rebuild
would take minutes); `settle` syncs the file system once before the record says "published".
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syndicate.errors import OutputError

_TEMPORARY = ".syndicate-new"
_MODE = 0o644


class Disk:
    """A folder that pages and feeds are written to. Paths are relative, with `/`."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self._folders: set[Path] = set()

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None where there is none. OutputError where it cannot be read."""
        with _errors(self.root / path):
            try:
                return (self.root / path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def exists(self, path: str) -> bool:
        return (self.root / path).is_file()

    def write(self, path: str, data: bytes) -> bool:
        """Put a file in place; False where it is there already with the same bytes."""
        if self.read(path) == data:
            return False
        target = self.root / path
        temporary = target.with_name(target.name + _TEMPORARY)
        with _errors(target):
            self._folder(target.parent)
            try:
                _replace(temporary, target, data)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
        return True

    def remove(self, path: str) -> bool:
        """Take a file away; False where there is none."""
        with _errors(self.root / path):
            try:
                (self.root / path).unlink()
            except (FileNotFoundError, NotADirectoryError):
                return False
        return True

    def files(self) -> Iterator[str]:
        """Every file in the tree, in order, without what a killed process left half written."""
        with _errors(self.root):
            for folder, names, files in os.walk(self.root):
                names.sort()
                for name in sorted(files):
                    path = (Path(folder) / name).relative_to(self.root).as_posix()
                    if not name.endswith(_TEMPORARY):
                        yield path

    def settle(self) -> None:
        """Have the system write out what was written, so that a power cut loses none of it."""
        if self.root.is_dir():
            os.sync()

    def _folder(self, folder: Path) -> None:
        if folder not in self._folders:
            folder.mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)


def _replace(temporary: Path, target: Path, data: bytes) -> None:
    made = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
    with os.fdopen(made, "wb") as file:
        file.write(data)
    temporary.replace(target)


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            error.strerror or str(error),
            where=str(path),
            remedy="the old files stay as they are; make room or allow writing, then publish again",
        ) from error
