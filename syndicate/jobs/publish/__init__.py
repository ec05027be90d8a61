"""publish: changed columns to feeds and pages on disk."""

from __future__ import annotations

from syndicate.jobs.publish.job import Counts, Published, fingerprint, publish
from syndicate.jobs.publish.pages import Pages, SitePages
from syndicate.jobs.publish.pings import ping_hubs

__all__ = ["Counts", "Pages", "Published", "SitePages", "fingerprint", "ping_hubs", "publish"]
