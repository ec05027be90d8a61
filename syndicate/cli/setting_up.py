"""Setting up: init, check, add, import, export."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from syndicate.cli import terminal
from syndicate.cli.options import Call, common
from syndicate.errors import ConfigError, ParseError, Problem, UsageError

if TYPE_CHECKING:
    from syndicate.settings import Settings


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".", metavar="[DIR]")
@common
def init(call: Call, folder: Path) -> None:
    """Write a commented config.toml and a sample article into DIR; nothing is overwritten."""
    from syndicate.cli import starter

    config, article = folder / "config.toml", folder / "articles" / "first.md"
    for path in (config, article):
        if path.exists():
            raise UsageError("is there already, and is not overwritten", where=str(path))
    article.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(starter.CONFIG, "utf-8")
    article.write_text(starter.ARTICLE, "utf-8")
    if call.json:
        terminal.document({"written": [str(config), str(article)]})
    elif not call.quiet:
        terminal.say(f"wrote {config} and {article}")
        terminal.say(
            f"next: `syndicate --config {config} run`, then open {folder / 'feeds'}/index.html"
        )


@click.command()
@click.option("--network", is_flag=True, help="Also ask sources and DNS.")
@click.option("--rules", is_flag=True, help="Also count what each rule matched in 30 days.")
@click.option("--origin", is_flag=True, help="Instead: compare reprints with their originals.")
@click.option(
    "--since", metavar="TIME", help="With --origin: reprints received since; else 7 days."
)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@common
def check(
    call: Call, network: bool, rules: bool, origin: bool, since: str | None, ids: tuple[str, ...]
) -> int:
    """Validate the config, templates, rules and mail settings; nothing is changed.

    With --origin: fetch the originals of these entries, or of what was received lately, and
    compare. What differs is flagged for review, with its date.
    """
    if origin:
        if network or rules or (ids and since):
            raise UsageError("--origin goes with IDs or with --since alone")
        from syndicate.cli import comparing

        return comparing.check(call, ids, since)
    if ids or since:
        raise UsageError("IDs and --since go with --origin")
    from syndicate import config
    from syndicate.checking import check as problems_of

    file: Path = call.context.obj["config"]
    settings, problems = config.read(file)
    if settings is None and not file.exists():
        raise ConfigError(problems)
    reports: list[dict[str, Any]] = []
    if settings is not None:
        now = call.moment(ZoneInfo(settings.site.timezone))
        more, reports = problems_of(settings, now=now, network=network, rules=rules)
        problems = (*problems, *more)
    return _tell(call, problems, reports)


def _tell(call: Call, problems: Sequence[Problem], reports: list[dict[str, Any]]) -> int:
    errors = [problem for problem in problems if not problem.warning]
    if call.json:
        terminal.document(
            {
                "ok": not errors,
                "problems": [
                    {
                        "file": p.file,
                        "line": p.line or None,
                        "message": p.message,
                        "warning": p.warning,
                    }
                    for p in problems
                ],
                "rules": reports,
            }
        )
        return 1 if errors else 0
    for problem in problems:
        terminal.say(str(problem))
    if reports:
        rows = [
            (
                *(str(report[name]) for name in ("number", "column", "place")),
                f"{report['matched']} of {report['entries']}",
                str(report["decided"]),
                "; ".join(report["problems"]),
            )
            for report in reports
        ]
        terminal.table(rows, ("rule", "column", "place", "matched", "decided", "what is wrong"))
    if not errors and not call.quiet:
        warnings = len(problems)
        terminal.say("no errors" + (f", {warnings} warnings" if warnings else ""))
    return 1 if errors else 0


@click.command()
@click.argument("url")
@click.option("--column", "-c", help="File everything of it under this column.")
@common
def add(call: Call, url: str, column: str | None) -> None:
    """Find the feed behind an address and add it to the config; comments and order stay."""
    from syndicate.adapters import config_file
    from syndicate.core import urls

    settings = call.settings
    if column and settings.column(column) is None:
        raise UsageError(f"no column {column!r}", where="--column")
    url = urls.without_feed_scheme(url)
    if not re.match(r"https?://", url, re.I):
        url = f"https://{url}"
    found = call.app.discover(url)
    known = {source.url: source.id for source in settings.sources}
    if found.url in known:
        raise UsageError(f"is source {known[found.url]!r} already", where=found.url)
    table: dict[str, Any] = {
        "id": new_id(found.title or found.url, found.url, [s.id for s in settings.sources]),
        "type": "feed",
        "url": found.url,
    }
    if column:
        table["column"] = column
    config_file.append(settings.file, [], [table])
    if call.json:
        terminal.document({"added": table, "title": found.title, "how": found.how})
    elif not call.quiet:
        terminal.say(
            f"found   {found.url} ({found.how}){': ' + found.title if found.title else ''}"
        )
        terminal.say(f"added   source {table['id']!r} to {settings.file}")
        terminal.say(f"next    `syndicate ingest {table['id']}`")


def new_id(title: str, url: str, taken: Iterable[str]) -> str:
    """An id for a source: from its host, else its title, and a number where that is taken."""
    from syndicate.core import urls

    host = urls.host(url).removeprefix("feeds.").removeprefix("blog.")
    word = host.split(".")[0] if host else title
    base = re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") or "source"
    known = set(taken)
    number, id = 2, base
    while id in known:
        id, number = f"{base}-{number}", number + 1
    return id


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@common
def import_(call: Call, file: Path) -> int:
    """Take the feeds of an OPML file into the config; folders become columns."""
    from syndicate.adapters import config_file
    from syndicate.core import opml

    settings = call.settings
    try:
        read = opml.read(file.read_bytes())
    except FileNotFoundError:
        raise UsageError("there is no such file", where=str(file)) from None
    except ParseError as error:
        raise ParseError(str(error), where=str(file)) from error
    columns, sources, left_out = _tables(settings, read)
    if columns or sources:
        config_file.append(settings.file, columns, sources)
    if call.json:
        terminal.document(
            {
                "sources": [table["id"] for table in sources],
                "columns": [table["id"] for table in columns],
                "left_out": [{"title": t, "reason": r} for t, r in left_out],
            }
        )
        return 0
    for title, reason in left_out:
        terminal.say(f"left out  {title}: {reason}")
    terminal.say(f"{len(sources)} sources and {len(columns)} columns added to {settings.file}")
    return 0


def _tables(
    settings: Settings, read: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[tuple[str, str]]]:
    """The tables to add; what is known already is left out with its reason."""
    left_out = [(each.title, each.reason) for each in read.left_out]
    known = {source.url for source in settings.sources}
    taken = [source.id for source in settings.sources]
    folders = _Folders(settings)
    sources: list[dict[str, Any]] = []
    for feed in read.feeds:
        if feed.url in known:
            left_out.append((feed.title or feed.url, "is in the config already"))
            continue
        table: dict[str, Any] = {
            "id": new_id(feed.title, feed.url, taken),
            "type": "feed",
            "url": feed.url,
        }
        if feed.title:
            table["name"] = feed.title
        if feed.folders:
            table["column"] = folders.column(feed.folders)
        taken.append(table["id"])
        known.add(feed.url)
        sources.append(table)
    return folders.made, sources, left_out


class _Folders:
    """Folders of an OPML file as columns: those there are by title, else new ones, nested.

    Folders of one name in two others are two; only a column that was configured before is found
    by its title wherever it stands.
    """

    def __init__(self, settings: Settings) -> None:
        self._known = {(c.parent, c.title): c.id for c in settings.columns}
        self._configured = [(c.title, c.id) for c in settings.columns]
        self._taken = [c.id for c in settings.columns]
        self.made: list[dict[str, Any]] = []

    def column(self, folders: Sequence[str]) -> str:
        parent = ""
        for title in folders:
            found = self._known.get((parent, title)) or self._by_title(title)
            if found is None:
                found = self._make(title, parent)
            parent = found
        return parent

    def _by_title(self, title: str) -> str | None:
        ids = [id for known, id in self._configured if known == title]
        return ids[0] if len(ids) == 1 else None

    def _make(self, title: str, parent: str) -> str:
        from syndicate.config import RESERVED, ROUTES

        base = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "column"
        id, number = base, 2
        while id in self._taken or id in RESERVED + ROUTES:
            id, number = f"{base}-{number}", number + 1
        table = {"id": id, "title": title, **({"parent": parent} if parent else {})}
        self._taken.append(id)
        self._known[(parent, title)] = id
        self.made.append(table)
        return id


@click.command()
@common
def export(call: Call) -> None:
    """Print the sources as OPML 2.0; columns are its folders."""
    from syndicate.core import opml, sections

    settings = call.settings
    feeds = [
        opml.OpmlFeed(
            title=source.name or source.id,
            url=source.url,
            folders=tuple(c.title for c in sections.lineage(settings.columns, source.column)),
        )
        for source in settings.sources
        if source.type == "feed" and source.url
    ]
    if call.json:
        terminal.document(
            [{"title": f.title, "url": f.url, "folders": list(f.folders)} for f in feeds]
        )
    else:
        click.echo(opml.write(settings.site.name, feeds), nl=False)


COMMANDS = {"init": init, "check": check, "add": add, "import": import_, "export": export}
