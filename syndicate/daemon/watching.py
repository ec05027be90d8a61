"""What changes on disk, told by the system: config and templates, and sources that are files.

Editors replace a file rather than write into it, so that folders are watched, not files. The
folder of the config is watched by itself alone (it may hold the database and what is published),
those of templates and articles with all that is in them. Nothing depends on it: where the system
tells nothing (a network file system, no more watches), slower looks find it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from syndicate.adapters.folder import SUFFIXES
from syndicate.files import template_folders
from syndicate.settings import Settings

_QUIET = 200  # milliseconds without a further change, after which what changed is told
_LONGEST = 1500  # milliseconds after which it is told in any case

Names = dict[Path, set[str]]  # whom a place concerns: ids of sources, "" for the settings


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed: settings or templates, and these sources."""

    settings: bool = False
    sources: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Watched:
    """Where to look, as a configuration says."""

    files: Names = field(default_factory=dict)
    templates: list[Path] = field(default_factory=list)
    articles: Names = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> Watched:
        made = cls()
        for file in (settings.file, settings.root / "templates"):
            made.files.setdefault(file.resolve(), set()).add("")
        made.templates.extend(folder.resolve() for folder in template_folders(settings))
        for source in settings.sources:
            if source.path and not source.paused and source.type in ("folder", "feed"):
                places = made.articles if source.type == "folder" else made.files
                places.setdefault(Path(source.path).resolve(), set()).add(source.id)
        return made

    def shallow(self) -> list[Path]:
        """Folders that are watched without those in them."""
        return sorted({file.parent for file in self.files if file.parent.is_dir()})

    def deep(self) -> list[Path]:
        return sorted({each for each in (*self.templates, *self.articles) if each.is_dir()})

    def what(self, paths: Iterable[Path]) -> Changed:
        """Whom changes at these paths concern."""
        found: set[str] = set()
        for path in paths:
            found |= self.files.get(path, set())
            if any(path.is_relative_to(folder) for folder in self.templates):
                found.add("")
            for folder, names in self.articles.items():
                if path.is_relative_to(folder) and _may_be_articles(path.relative_to(folder)):
                    found |= names
        return Changed("" in found, frozenset(found - {""}))


def _may_be_articles(path: Path) -> bool:
    """Whether it is an article, or a folder of them that came or went, by its name."""
    hidden = any(part.startswith(".") for part in path.parts)
    return not hidden and path.suffix.lower() in SUFFIXES | {""}


async def watch(watched: Watched, tell: Callable[[Changed], None], stop: asyncio.Event) -> None:
    """Tell what changes until `stop` is set. OSError where the system gives no (more) watches."""
    from watchfiles import awatch  # by `serve` alone

    async def each(folders: list[Path], *, recursive: bool) -> None:
        async for found in awatch(
            *folders,
            watch_filter=None,
            debounce=_LONGEST,
            step=_QUIET,
            stop_event=stop,
            recursive=recursive,
        ):
            changed = watched.what(Path(path) for _, path in found)
            if changed != Changed():
                tell(changed)

    async with asyncio.TaskGroup() as group:
        group.create_task(each(watched.shallow(), recursive=False))
        group.create_task(each(watched.deep(), recursive=True))
