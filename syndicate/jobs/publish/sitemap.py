"""sitemap.xml: one file while the site is small, then an index over files of about a thousand."""

from __future__ import annotations

from collections.abc import Iterable

from syndicate.adapters.store import archives as archive_store
from syndicate.adapters.store import entries, placements, published
from syndicate.core import sitefiles
from syndicate.core.outgoing import page_url
from syndicate.jobs.publish import archives
from syndicate.jobs.publish.plan import Plan
from syndicate.jobs.publish.writing import Writing

_GROUP = 10  # archive pages whose entries share a file
_FORM = "sitemap"


def write(writing: Writing, made: Plan) -> None:
    """Bring the sitemap up to date with the places that moved."""
    most = sitefiles.SITEMAP_ONE
    small = placements.place_count(writing.conn, "", most + 1) <= most
    before = published.value(writing.conn, _FORM)
    form = "one" if small else "several"
    if small:
        _one(writing, most)
    months = archive_store.months(writing.conn, "")
    every = {} if small else dict(months)
    whole = writing.rebuild or form != before
    touched = {month for column, month in made.archives if not column}
    changed = whole
    for month in [m for m, _ in months if whole or m in touched] + sorted(touched - {*every}):
        changed = _month(writing, made, month, every.get(month, 0), whole) or changed
    if changed and not small:
        _index(writing, every)
    if form != before:
        published.set_value(writing.conn, _FORM, form)


def _one(writing: Writing, most: int) -> None:
    ids = placements.newest_ids(writing.conn, "", most)
    site = writing.settings.site.url
    front = [site, *(f"{site}{column.id}/" for column in writing.settings.columns)]
    writing.put("sitemap.xml", sitefiles.sitemap([*front, *_urls(writing, ids)]), "other")


def _month(writing: Writing, made: Plan, month: str, parts: int, whole: bool) -> bool:
    """The files of a month; whether there are more or fewer of them now."""
    keys = made.archives.get(("", month), [])
    groups, changed = -(-parts // _GROUP), False
    cut = archives.with_ends(writing, archive_store.parts(writing.conn, "", month) if parts else ())
    for group in range(groups):
        first, end = cut[group * _GROUP][0], cut[min((group + 1) * _GROUP, parts) - 1][1]
        start = (first.start, first.entry)
        path = _path(month, group)
        if not whole and not any(start <= key < end for key in keys):
            continue
        changed = changed or not writing.disk.exists(path)
        ids = placements.ids_received(writing.conn, "", start, end)
        writing.put(path, sitefiles.sitemap(_urls(writing, ids)), "other")
    while writing.disk.exists(_path(month, groups)):
        writing.drop(_path(month, groups))
        groups, changed = groups + 1, True
    return changed


def _index(writing: Writing, months: dict[str, int]) -> None:
    site = writing.settings.site.url
    urls = [
        site + _path(month, group)
        for month, parts in months.items()
        for group in range(-(-parts // _GROUP))
    ]
    writing.put("sitemap.xml", sitefiles.sitemap_index(urls), "other")


def _path(month: str, group: int) -> str:
    return f"sitemap/{month}-{group + 1}.xml"


def _urls(writing: Writing, ids: Iterable[str]) -> list[str]:
    """Of those that search engines may have."""
    listed = list(ids)
    hidden = {s.id for s in writing.settings.sources if s.noindex}
    found = placements.sources_of(writing.conn, listed) if hidden else {}
    refused = entries.with_terms(writing.conn, listed, "noindex")
    site = writing.settings.site
    return [page_url(site, i) for i in listed if i not in refused and found.get(i) not in hidden]
