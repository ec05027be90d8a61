"""Config and templates: read together, taken up together, watched together."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate import loading
from syndicate.errors import ConfigError
from syndicate.files import read_origins, template_folders
from syndicate.settings import Settings

if TYPE_CHECKING:
    from syndicate.adapters.templates import Templates


def load(file: Path) -> tuple[Settings, Templates]:
    """Config and templates as they are now; SyndicateError where either is broken."""
    from syndicate.adapters.templates import Templates

    settings = loading.load(file)
    templates = Templates(template_folders(settings))
    problems = [*templates.check(), *read_origins(settings)[1]]
    if problems:
        raise ConfigError(tuple(problems))
    return settings, templates


def stamps(settings: Settings) -> dict[str, tuple[int, int]]:
    """Time and size of every file that is reloaded."""
    files = [settings.file]
    if settings.origins.list:
        files.append(Path(settings.origins.list))
    for folder in template_folders(settings):
        with contextlib.suppress(OSError):
            files += [path for path in folder.rglob("*") if path.is_file()]
    found = {}
    for file in files:
        with contextlib.suppress(OSError):
            facts = file.stat()
            found[str(file)] = (facts.st_mtime_ns, facts.st_size)
    return found
