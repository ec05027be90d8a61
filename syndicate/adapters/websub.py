"""Telling a WebSub hub that a feed changed (W3C WebSub 1.0, section 6).

The hub is the operator's own choice (publish.hubs), so that its address is not restricted as
those of sources are. A refusal is a reason to try again later, never an error of the run.
"""

from __future__ import annotations

import httpx2

_TIMEOUT = 10.0  # seconds


def ping(hub: str, topic: str) -> str | None:
    """Tell one hub of one topic. None where it took it, else why not."""
    form = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}
    try:
        answer = httpx2.post(hub, data=form, timeout=_TIMEOUT, follow_redirects=False)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        return str(error) or type(error).__name__
    return None if answer.is_success else f"answered {answer.status_code}"
