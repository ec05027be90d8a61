"""What is recorded of an entry when it is published: each field as the formats are to say it."""

from __future__ import annotations

from typing import Any

from syndicate.core.footer import notices
from syndicate.core.outgoing import Outgoing, iri, line


def record(out: Outgoing) -> dict[str, Any]:
    """JSON-able; `verify` compares what it reads back with this and nothing else."""
    said = out.said
    robots = {"robots": list(out.entry.terms.robots)} if out.entry.terms.robots else {}
    return {
        **said,
        **robots,
        "title": out.title,
        "link": out.main_link,
        "guid": line(out.entry.guid) or iri(out.entry),
        "iri": iri(out.entry),
        "date_published": out.published.isoformat() if out.published else None,
        "date_modified": out.modified.isoformat() if out.modified else None,
        "date_updated": out.updated.isoformat(),
        "shown_notices": list(notices(out, said)),
        "lead": out.entry.lead,
    }
