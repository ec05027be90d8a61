"""The published tree: files replaced atomically, and only where their bytes differ.

A file is written beside its place under a name that no web server hands out, then renamed over
it: whoever reads sees the old or the new one, whole. Files are not synced one by one (a rebuild
would take minutes); `settle` syncs the file system once before the record says "published".
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from syndicate.errors import OutputError

_TEMPORARY = ".syndicate-new"
_MODE = 0o644


class Disk:
    """A folder that pages and feeds are written to. Paths are relative, with `/`."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self._base = f"{self.root}/"
        self._folders: set[str] = set()

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
        target = f"{self._base}{path}"  # text: a rebuild asks thousands of times a second
        try:
            if _holds(target, data):
                return False
            self._folder(path.rpartition("/")[0])
            _replace(target + _TEMPORARY, target, data)
        except OSError as error:
            with suppress(OSError):
                os.unlink(target + _TEMPORARY)
            raise _refused(Path(target), error) from error
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

    def _folder(self, folder: str) -> None:
        if folder not in self._folders:
            (self.root / folder).mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)


def _holds(path: str, data: bytes) -> bool:
    """Whether a file has these bytes."""
    try:
        there = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    with os.fdopen(there, "rb", buffering=0) as file:
        return os.fstat(there).st_size == len(data) and file.readall() == data


def _replace(temporary: str, target: str, data: bytes) -> None:
    made = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(made, left) :]
    finally:
        os.close(made)
    os.replace(temporary, target)


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: OSError) -> OutputError:
    return OutputError(
        error.strerror or str(error),
        where=str(path),
        remedy="the old files stay as they are; make room or allow writing, then publish again",
    )
