"""Every exception that Syndicate raises on purpose.

SyndicateError            what happened, where, what to do
├── UsageError            wrong words on the command line, no such entry (status 2)
├── ConfigError           the config, a rule, a list is invalid; may hold many problems (status 2)
├── TemplateError         a template is broken or asks for what is not there
├── FetchError            a source could not be read
│   └── ForbiddenAddress  it leads to an address that may not be fetched
├── ParseError            what was read makes no sense
├── LimitError            more of something than a while may bring
├── StoreError            the database: away, full, newer than the program
├── OutputError           the published tree cannot be written
└── MailError             the mail route
    ├── TemporaryMailError   worth trying again (4xx, connection lost)
    └── PermanentMailError   final (5xx)
"""

from __future__ import annotations

from dataclasses import dataclass


class SyndicateError(Exception):
    """What happened, where it happened, and what to do about it, on one line."""

    exit_status = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        text = ": ".join(filter(None, (where, what)))
        super().__init__(text + (f"; {remedy}" if remedy else ""))


class LimitError(SyndicateError):
    """More of something than a while may bring; later it may be taken."""


class UsageError(SyndicateError):
    """The person asked for something that does not exist or cannot be."""

    exit_status = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file a person wrote; `line` counts from 1, 0 where unknown."""

    file: str
    line: int
    message: str
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {'warning: ' if self.warning else ''}{self.message}"


class ConfigError(SyndicateError):
    """The configuration is invalid; `problems` has every reason found."""

    exit_status = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class TemplateError(SyndicateError):
    """A template has a syntax error, or uses a name that is not there."""

    def __init__(self, what: str, *, file: str = "", line: int = 0) -> None:
        self.file, self.line = file, line
        super().__init__(what, where=f"{file}:{line}" if line else file)


class FetchError(SyndicateError):
    """A source could not be read: network, status, limits."""


class ForbiddenAddress(FetchError):
    """The address dialled is loopback, private or reserved, and not allowed by the config."""


class ParseError(SyndicateError):
    """The bytes are not what they should be."""


class StoreError(SyndicateError):
    """The database cannot be used."""


class OutputError(SyndicateError):
    """The published tree cannot be written."""


class MailError(SyndicateError):
    """Mail could not be handed over."""


class TemporaryMailError(MailError):
    """The mail server says: later (4xx), or the connection was lost."""


class PermanentMailError(MailError):
    """The mail server says: never (5xx)."""


class RecipientRefused(PermanentMailError):
    """It says so of the recipient: its answer to RCPT is the message."""
