"""The daemon's web side: the published tree, and the pages that change something."""

from __future__ import annotations

from syndicate.web.app import create

__all__ = ["create"]
