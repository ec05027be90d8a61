"""The command line (contract §3): arguments in, report and exit status out."""

from __future__ import annotations

from syndicate.cli.main import main

__all__ = ["main"]
