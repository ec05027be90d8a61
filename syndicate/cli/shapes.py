"""The JSON shapes of contract §3: values in, dicts out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from syndicate.model import Attribution, Decision, Entry, Notice, Subscriber, Terms
from syndicate.settings import Site

if TYPE_CHECKING:
    from syndicate.core.hops import Step

Dict = dict[str, Any]


def moment(at: datetime | None, zone: tzinfo) -> str | None:
    """A moment in the site's zone, to the second."""
    return at.astimezone(zone).isoformat(timespec="seconds") if at else None


def attribution(value: Attribution) -> Dict:
    """Attribution wherever it occurs; what is not known is null or []."""
    return {
        "source": {
            "name": value.source.name,
            "url": value.source.url,
            "feed": value.source.feed,
        },
        "authors": [{"name": p.name, "url": p.url, "email": p.email} for p in value.authors],
        "original_url": value.original_url,
        "original_id": value.original_id,
        "original_title": value.original_title,
        "published": value.published.text if value.published else None,
        "updated": value.updated.text if value.updated else None,
        "rights": value.rights,
        "licence": value.licence,
        "editor": value.editor,
        "via": [{"name": hop.name, "url": hop.url} for hop in value.via],
    }


def listed(entry: Entry, zone: tzinfo) -> Dict:
    """One row of `list --json`."""
    return {
        "id": entry.id,
        "title": entry.title,
        "url": entry.url or None,
        "source": entry.source,
        "column": entry.column,
        "columns": list(entry.columns),
        "status": entry.status.value,
        "received": moment(entry.received, zone),
        "story": entry.story,
        "lead": entry.lead,
        "attribution": attribution(entry.attribution),
    }


def shown(
    entry: Entry,
    history: Iterable[Decision],
    notices: Iterable[Notice],
    zone: tzinfo,
    copies: Mapping[str, str] | None = None,
) -> Dict:
    """`show --json`: one entry in full; `notices` has the entry's own and its source's, `copies`
    the files that stand for its pictures by their addresses."""
    return {
        **listed(entry, zone),
        "guid": entry.guid,
        "language": entry.language or None,
        "held_for": entry.held_for or None,
        "content_html": entry.content_html,
        "content_text": entry.content_text,
        "summary": entry.summary,
        "categories": list(entry.categories),
        "breadcrumb": list(entry.breadcrumb),
        "enclosures": [
            {"url": e.url, "type": e.type, "length": e.length} for e in entry.enclosures
        ],
        "labels": [
            {"kind": la.kind, "text": la.text or None, "url": la.url} for la in entry.labels
        ],
        "not_before": moment(entry.not_before, zone),
        "expires": moment(entry.expires, zone),
        "link_only": entry.link_only,
        "pictures": _pictures(entry, copies or {}),
        "terms": _terms(entry.terms),
        "notices": [{"text": n.text, "from": n.origin.value} for n in notices],
        "history": [decision(d, zone) for d in history],
    }


def _pictures(entry: Entry, copies: Mapping[str, str]) -> list[Dict]:
    """What is said of pictures, and where copies of pictures stand."""
    said = {p.url: p for p in entry.pictures}
    return [
        {
            "url": url,
            "caption": (said[url].caption or None) if url in said else None,
            "credit": (said[url].credit or None) if url in said else None,
            "rights": (said[url].rights or None) if url in said else None,
            "copy": copies.get(url),
        }
        for url in dict.fromkeys((*said, *sorted(copies)))
    ]


def _terms(said: Terms) -> Dict | None:
    if not said:
        return None
    return {
        "robots": list(said.robots),
        "tdm_reservation": said.tdm,
        "tdm_policy": said.tdm_policy,
        "policy": said.policy,
        "policy_type": said.policy_type or None,
        "expression": said.expression or None,
    }


def decision(made: Decision, zone: tzinfo) -> Dict:
    return {
        "at": moment(made.at, zone),
        "what": made.what,
        "by": made.by,
        "reason": made.reason,
        "before": made.before,
        "after": made.after,
    }


def hop(step: Step, zone: tzinfo) -> Dict:
    """One hand that an entry came through, with its evidence; for `why --json`."""
    return {
        "role": step.role,
        "name": step.name,
        "url": step.url,
        "evidence": [
            {
                "kind": proof.kind,
                "where": proof.where,
                "text": proof.text or None,
                "at": moment(proof.at, zone),
            }
            for proof in step.evidence
        ],
    }


def subscriber(person: Subscriber, site: Site) -> Dict:
    """One row of `subscribers list --json`: who chose no language or zone has the site's."""
    zone = ZoneInfo(site.timezone)
    return {
        "email": person.email,
        "name": person.name or None,
        "state": person.state.value,
        "digests": list(person.digests),
        "columns": list(person.columns),
        "frequency": person.frequency,
        "language": person.language or site.language,
        "timezone": person.timezone or site.timezone,
        "hour": person.hour,
        "joined": moment(person.joined, zone),
        "paused_until": moment(person.paused_until, zone),
    }
