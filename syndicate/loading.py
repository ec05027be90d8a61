"""The configuration as every command takes it: read, and its rules and schedules tried.

`config` cannot ask core, and what is wrong with an expression only those know that use it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from syndicate import config
from syndicate.errors import ConfigError, Problem
from syndicate.settings import Settings


def load(file: Path) -> Settings:
    """The settings of a file; ConfigError with every problem found."""
    settings = config.load(file)
    if problems := tuple(problems_of(settings)):
        raise ConfigError(problems)
    return settings


def problems_of(settings: Settings) -> Iterator[Problem]:
    """What is wrong with the expressions of rules and the times of digests."""
    if any(rule.regex for column in settings.columns for rule in column.rules):
        from syndicate.core import rules

        for problem in rules.compile_rules(settings.columns).problems:
            path, _, message = problem.message.partition(": ")
            yield at(settings, path, message)
    for number, digest in enumerate(settings.digests):
        from syndicate.core import schedule

        if wrong := schedule.problem(digest.schedule):
            yield at(settings, f"digests[{number}].schedule", wrong)


def at(settings: Settings, path: str, message: str, *, warning: bool = False) -> Problem:
    """A problem with one key of the configuration, at the line where that stands."""
    line = config.line_of(settings.file, path)
    return Problem(str(settings.file), line, f"{path}: {message}", warning)
