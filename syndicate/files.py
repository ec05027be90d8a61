"""What a site keeps in files of its own beside its config: templates, secret, list of origins."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate.errors import Problem, UsageError
from syndicate.settings import Settings

if TYPE_CHECKING:
    from syndicate.core.origins import Register

BUILT_IN = Path(__file__).resolve().parent.parent / "templates"
PACKAGED = Path(__file__).resolve().parent / "templates"
_SECRET_BYTES = 32


def read_origins(settings: Settings) -> tuple[Register, tuple[Problem, ...]]:
    """The operator's list of permitted origins, and what is wrong with it; an empty one where
    none is named."""
    from syndicate.core import origins

    name = settings.origins.list
    if not name:
        return origins.Register(), ()
    try:
        data = Path(name).read_bytes()
    except OSError as error:
        return origins.Register(), (Problem(name, 0, f"cannot be read: {error.strerror}"),)
    from syndicate.core import decode

    text, _ = decode.decode(data, None, xml=False)  # spreadsheets write GBK as well
    register, said = origins.read(name, text)
    return register, tuple(Problem(name, line, message) for line, message in said)


def template_folders(settings: Settings) -> tuple[Path, ...]:
    """Where templates are looked for: beside the config, then the built-in ones."""
    built_in = BUILT_IN if BUILT_IN.is_dir() else PACKAGED
    beside = settings.root / "templates"
    if beside.is_dir() and beside.resolve() != built_in:
        return (beside, built_in)
    return (built_in,)


def read_secret(where: str) -> bytes:
    """The site's secret behind `file:PATH` or `env:NAME`, or as it stands; a file is made."""
    if where.startswith("env:"):
        value = os.environ.get(where.removeprefix("env:"), "")
        if not value:
            raise UsageError(f"{where} is not set", where="web.secret", remedy="set it")
        return value.encode()
    if not where.startswith("file:"):
        return where.encode()
    path = Path(where.removeprefix("file:"))
    try:
        return path.read_bytes().strip()
    except FileNotFoundError:
        return _make_secret(path)


def _make_secret(path: Path) -> bytes:
    import secrets

    path.parent.mkdir(parents=True, exist_ok=True)
    value = secrets.token_hex(_SECRET_BYTES).encode()
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another worker was faster
        return path.read_bytes().strip()
    with os.fdopen(made, "wb") as file:
        file.write(value + b"\n")
    return value
