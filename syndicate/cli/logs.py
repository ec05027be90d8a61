"""Log lines on stderr: for a person on a terminal, JSON otherwise."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "event": record.getMessage()}
        for name in ("source", "message_id", "run"):
            if (value := getattr(record, name, None)) is not None:
                line[name] = str(value)
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(verbose: bool, quiet: bool) -> None:
    """Send the program's own log lines to stderr; warnings by default."""
    handler = logging.StreamHandler(sys.stderr)
    human = sys.stderr.isatty()
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s") if human else _JsonLines())
    log = logging.getLogger("syndicate")
    log.handlers[:] = [handler]
    log.propagate = False
    log.setLevel(logging.ERROR if quiet else logging.INFO if verbose else logging.WARNING)
