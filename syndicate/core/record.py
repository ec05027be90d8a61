"""What is recorded of an entry when it is published: each field as the formats are to say it."""

from __future__ import annotations

from typing import Any

from syndicate.core.footer import notices
from syndicate.core.outgoing import Outgoing, guid, iri


def record(out: Outgoing) -> dict[str, Any]:
    """JSON-able; `verify` compares what it reads back with this and nothing else."""
    said = out.said
    robots = {"robots": list(out.entry.terms.robots)} if out.entry.terms.robots else {}
    return {
        **said,
        "from": out.entry.source,
        **robots,
        "title": out.title,
        "link": out.main_link,
        "guid": guid(out),
        "iri": iri(out),
        "date_published": out.published.isoformat() if out.published else None,
        "date_modified": out.modified.isoformat() if out.modified else None,
        "date_updated": out.updated.isoformat(),
        "shown_notices": list(notices(out, said)),
        "lead": out.entry.lead,
        "shown_labels": list(out.labels),
        "shown_title": out.original_title or None,
    }
