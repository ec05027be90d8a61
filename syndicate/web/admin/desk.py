"""One request to the dashboard: who may, in which language, and the page around the answer."""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from syndicate import reporting
from syndicate.adapters.store import sessions
from syndicate.core import phrases, words
from syndicate.core.words import Words
from syndicate.errors import SyndicateError
from syndicate.model import Entry
from syndicate.web import pages, security
from syndicate.web.pages import Form
from syndicate.web.site import Site
from syndicate.wiring import Application, Retraction

_COUNT = re.compile(r"\d{1,9}")
BY = "editor"  # as on the command line: one record
NAVIGATION = (
    ("", "needs_me"),
    ("entries", "entries"),
    ("columns", "columns"),
    ("sources", "sources"),
    ("claims", "claims"),
    ("digests", "digests"),
    ("deliveries", "deliveries"),
    ("subscribers", "subscribers"),
    ("reports", "reports"),
    ("audit", "audit"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: text, where it leads, how it looks (`number`, `bad`, `tight`)."""

    text: str
    url: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table under a heading; `empty` is said where it has no rows."""

    heading: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """A request that may be answered. `form` is None for GET; `session` marks its forms."""

    request: Request
    site: Site
    app: Application
    form: Form | None
    session: str
    language: str

    @property
    def words(self) -> Words:
        return words.of(self.language)

    @property
    def say(self) -> Mapping[str, str]:
        return phrases.of(self.language)

    @property
    def states(self) -> Mapping[str, str]:
        return phrases.states(self.language)

    def root(self) -> str:
        """What leads from this page to /admin/."""
        return "../" * (pages.depth_of(self.request.url.path) - 1)

    def moment(self, at: datetime | str | None) -> str:
        """A moment as editors read it: the site's wall clock, to the minute."""
        if at is None:
            return ""
        known = datetime.fromisoformat(at) if isinstance(at, str) else at
        return known.astimezone(self.app.zone).strftime("%Y-%m-%d %H:%M")

    def render(self, template: str, title: str, *, here: str, **context: Any) -> Response:
        """A page of the dashboard; `here` is its name in the navigation."""
        return pages.render(
            self.app,
            f"admin/{template}",
            title,
            depth=pages.depth_of(self.request.url.path),
            language=self.language,
            subject=self.session,
            desk=self.root(),
            here=here,
            navigation=NAVIGATION,
            states=self.states,
            said=self._said(),
            **context,
        )

    def _said(self) -> str:
        """What was just done, by the address that the form led to."""
        asked = self.request.query_params
        if asked.get("said") != "done":
            return ""
        files, corrections = asked.get("files", ""), asked.get("corrections", "")
        if not (_COUNT.fullmatch(files) and _COUNT.fullmatch(corrections)):
            return self.say["done"]
        told = self.say["taken_down_now"]
        return phrases.fill(told, files=files, corrections=corrections)

    def reach(self, entry: Entry, *, only: bool = False) -> str:
        """What a retraction would do, and to how many."""
        with self.app.database.read() as conn:
            found = reporting.reach(conn, entry, self.app.zone, only=only)
        return phrases.fill(
            self.say["reach_only" if only else "reach"],
            entries=len(found.entries),
            feeds=len(found.feeds),
            pages=len(found.pages),
            sent=len(found.sent),
            waiting=len(found.waiting),
            readers=found.readers,
        )

    def tables(self, title: str, tables: Sequence[Table], *, here: str, **context: Any) -> Response:
        """A page that is nothing but tables."""
        return self.render("tables.html", title, here=here, tables=tables, **context)

    def missing(self, here: str) -> Response:
        """404 within the dashboard."""
        return self.render("missing.html", self.words.not_found, here=here, status=404)

    def done(self, path: str = "", retracted: Retraction | None = None) -> Response:
        """Back to a page, which says that it was done. `path` is our own, never the client's."""
        more = ""
        if retracted is not None:
            more = f"&files={retracted.files}&corrections={retracted.corrections}"
        return RedirectResponse(f"{self.root()}{path}?said=done{more}", 303)

    def not_done(self, error: SyndicateError) -> Response:
        """Why it was not done."""
        return pages.message(
            self.app,
            phrases.fill(self.say["not_done"], why=str(error)),
            depth=pages.depth_of(self.request.url.path),
            status=400,
            language=self.language,
        )


Handler = Callable[[Desk], Response]


def desk(handler: Handler) -> Callable[[Request], Any]:
    """An endpoint out of a handler: with the token or a session, and forms that are ours."""

    @functools.wraps(handler)
    async def endpoint(request: Request) -> Response:
        form = await pages.read_form(request) if request.method == "POST" else None
        return await run_in_threadpool(_handle, handler, request, form)

    return endpoint


def _handle(handler: Handler, request: Request, form: Form | None) -> Response:
    site = pages.site_of(request)
    with site.application() as app:
        token = app.settings.web.admin_token
        if not token:
            return no_dashboard(app, request)
        session = session_of(request, app, token)
        if session is None:
            return _stranger(request)
        foreign = (
            form is not None and session != BEARER and pages.is_foreign(request, form, app, session)
        )
        if foreign:
            return pages.foreign(app, pages.depth_of(request.url.path), language(request, app))
        made = Desk(request, site, app, form, session, language(request, app))
        try:
            return handler(made)
        except SyndicateError as error:
            if form is None:
                raise
            return made.not_done(error)


BEARER = "bearer"


def no_dashboard(app: Application, request: Request) -> Response:
    spoken = words.of(app.settings.site.language)
    return pages.message(app, spoken.not_found, depth=pages.depth_of(request.url.path), status=404)


def _stranger(request: Request) -> Response:
    """To the form where a person asks; 401 where a program does."""
    if request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", ""):
        up = "../" * (pages.depth_of(request.url.path) - 1)
        return RedirectResponse(f"{up}login", 303)
    answer = PlainTextResponse("the token, please\n", 401, headers={"WWW-Authenticate": "Bearer"})
    answer.raw_headers.extend(security.FORMS)
    return answer


def session_of(request: Request, app: Application, token: str) -> str | None:
    """What marks the forms of this session; None for a stranger."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        fine = hmac.compare_digest(given.strip().encode(), token.encode())
        return BEARER if fine else None
    id = request.cookies.get(cookie_name(request), "")
    if not id:
        return None
    marked = mark(id)
    with app.database.read() as conn:
        held = sessions.holds(conn, marked, token_mark(app, token), app.now)
    return marked.hex() if held else None


def mark(id: str) -> bytes:
    """What the database keeps of a session's id."""
    return hashlib.sha256(id.encode("utf-8", "replace")).digest()


def token_mark(app: Application, token: str) -> bytes:
    return hmac.new(app.secret, f"admin\0{token}".encode(), hashlib.sha256).digest()


def is_secure(request: Request) -> bool:
    return pages.client_of(request).scheme == "https"


def cookie_name(request: Request) -> str:
    """`__Host-` where browsers allow it, which is over TLS alone."""
    return "__Host-syndicate" if is_secure(request) else "syndicate"


def language(request: Request, app: Application) -> str:
    """The editor's language: the first that the browser asks for and we have."""
    for part in request.headers.get("accept-language", "").split(","):
        asked = part.partition(";")[0].strip().lower()
        if asked[:2] in ("zh", "en"):
            return "zh-CN" if asked.startswith("zh") else "en"
    return app.settings.site.language
