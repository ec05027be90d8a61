"""Adding to config.toml without touching what a person wrote.

New tables are written at the end of the file; every byte above stays. Only a list that stands
inline (`sources = [...]`) is edited in its place, by tomlkit. The result is read back before it
replaces the file.
"""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from syndicate.errors import ConfigError, OutputError, Problem

Table = Mapping[str, Any]  # str, bool, int, or a list of str

_HEADER = r"""(?m)^[ \t]*\[\[[ \t]*["']?{name}["']?[ \t]*\]\]"""
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def append(path: Path, columns: Sequence[Table], sources: Sequence[Table]) -> None:
    """Add these tables to the config, in the order of their keys; comments and order stay.

    Replaces the file atomically and keeps its mode; a link stays a link. Raises ConfigError where
    the file is no TOML before or after, OutputError where it cannot be written.
    """
    target = path.resolve()
    try:
        raw = target.read_bytes()
    except OSError as error:
        raise OutputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    before = _parsed(path, raw)
    text = raw.decode("utf-8")
    new = {"columns": list(columns), "sources": list(sources)}
    for name in new:
        if not isinstance(before.get(name, []), list):
            raise ConfigError((Problem(str(path), 0, f"{name}: is no list of tables"),))
    changed = text
    for name, tables in new.items():
        changed = _added(changed, before, name, tables)
    if changed == text:
        return
    _verify(path, before, changed, new)
    _replace(target, changed.encode("utf-8"))


def _parsed(path: Path, raw: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(raw.decode("utf-8").replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        line = re.search(r"at line (\d+)", str(error))
        problem = Problem(str(path), int(line[1]) if line else 0, str(error))
        raise ConfigError((problem,)) from None


def _added(text: str, before: Mapping[str, Any], name: str, tables: Sequence[Table]) -> str:
    if not tables:
        return text
    if name in before and not re.search(
        rf"(?m)^[ \t]*\[\[[ \t]*[\"']?{name}[\"']?[ \t]*\]\]", text
    ):
        return _into_inline(text, name, tables)
    end = "\r\n" if "\r\n" in text else "\n"
    if text and not text.endswith("\n"):
        text += end
    blocks = [_block(name, table, end) for table in tables]
    return text + (end if text else "") + end.join(blocks)


def _block(name: str, table: Table, end: str) -> str:
    lines = [f"[[{name}]]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items())]
    return end.join([*lines, ""])


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        escaped = "".join(_ESCAPES.get(char, char) for char in value)
        return '"' + _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04X}", escaped) + '"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    raise TypeError(f"{type(value).__name__} cannot be written to a config")


def _into_inline(text: str, name: str, tables: Sequence[Table]) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    array = document[name]
    for table in tables:
        inline = tomlkit.inline_table()
        inline.update(dict(table))
        array.append(inline)
    return tomlkit.dumps(document)


def _verify(
    path: Path, before: Mapping[str, Any], text: str, new: Mapping[str, Sequence[Table]]
) -> None:
    """What is about to be written must be what was there and what is added, nothing else."""
    wanted = dict(before)
    for name, tables in new.items():
        if tables:
            plain = [
                {k: list(v) if isinstance(v, tuple) else v for k, v in table.items()}
                for table in tables
            ]
            wanted[name] = [*before.get(name, []), *plain]
    try:
        same = tomllib.loads(text.replace("\r\n", "\n")) == wanted
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        message = "cannot be added to without changing it; add the tables by hand"
        raise ConfigError((Problem(str(path), 0, message),))


def _replace(path: Path, data: bytes) -> None:
    mode = path.stat().st_mode & 0o7777
    made, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(made, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise OutputError(f"cannot be written: {error.strerror}", where=str(path)) from error
