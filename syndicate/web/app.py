"""The ASGI application: published files first, then the routes, then what is not there.

Bodies are bounded before anything reads them. An error of a page is logged, and answered without
its words.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syndicate.core import phrases, words
from syndicate.core.frame import Link
from syndicate.errors import SyndicateError
from syndicate.web import admin, claims, health, pages, security, subscriptions, websub
from syndicate.web.metrics import Figures
from syndicate.web.site import Site
from syndicate.web.static import Tree

LARGEST_BODY = 64_000
_DEEPEST = 20  # folders; no page of ours is below three
log = logging.getLogger("syndicate.web")


class _TooLarge(Exception):
    """A body went over the limit while it was read."""


class Web:
    """The whole web side of a running site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._tree = Tree(Path(site.settings.storage.output))
        self._figures = Figures(site)
        self._routes = _routes(site, self._figures)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._routes(scope, receive, send)
            return
        if scope["method"] in ("GET", "HEAD"):
            tree = self._published()
            if tree.find(scope["path"]) is not None:
                status = await tree.answer(scope, receive, send)
                self._figures.served["published", status] += 1
                return
        await self._bounded(scope, receive, send)

    def _published(self) -> Tree:
        output = self.site.settings.storage.output
        if str(self._tree.given) != output:
            self._tree = Tree(Path(output))
        return self._tree

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = self._most(scope["path"])
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > most:
            await _refuse(scope, receive, send)
            return
        counted = _Counted(receive, most)
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if not started:
                started = True
                self._figures.served["pages", message["status"]] += 1
                message = {**message, "headers": _secured(message["headers"])}
            await send(message)

        try:
            await self._routes(scope, counted, sending)
        except Exception:
            if not started:  # else it was answered and logged by `_failed`
                raise

    def _most(self, path: str) -> int:
        if path.startswith("/websub/"):  # a hub sends the whole feed
            return self.site.settings.fetch.max_bytes
        return LARGEST_BODY


def _secured(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """With what every answer has, where it does not say otherwise itself."""
    said = {name for name, _ in headers}
    return [*headers, *(pair for pair in security.PUBLISHED if pair[0] not in said)]


class _Counted:
    """Receives a body, and stops where it is too long."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._left = receive, most

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise _TooLarge
        return message


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    answer = await _too_large(Request(scope), _TooLarge())
    await answer(scope, receive, send)


async def _too_large(_request: Request, _error: Exception) -> Response:
    answer = PlainTextResponse("too large\n", 413, headers={"Connection": "close"})
    answer.raw_headers.extend(security.FORMS)
    return answer


def create(site: Site) -> ASGIApp:
    """The web side of a running site."""
    return Web(site)


def _routes(site: Site, figures: Figures) -> Starlette:
    app = Starlette(
        routes=[
            Route("/forms.css", _forms_css, methods=["GET"]),
            *subscriptions.ROUTES,
            *claims.ROUTES,
            *health.ROUTES,
            *websub.ROUTES,
            *admin.ROUTES,
            Route("/{path:path}", _nothing_there, methods=["GET"]),
        ],
        exception_handlers={
            HTTPException: _refused,
            _TooLarge: _too_large,
            SyndicateError: _failed,
            Exception: _failed,
        },
    )
    app.state.site = site
    app.state.figures = figures
    app.router.redirect_slashes = False
    return app


async def _forms_css(request: Request) -> Response:
    with pages.site_of(request).application() as app:
        body = app.templates.render("forms.css", {})
    answer = Response(body, media_type="text/css", headers={"Cache-Control": "public, no-cache"})
    answer.raw_headers.extend(security.PUBLISHED)
    return answer


async def _nothing_there(request: Request) -> Response:
    return await run_in_threadpool(_missing, request)


def _missing(request: Request) -> Response:
    """410 for what was taken down, a slash where one is missing, else 404."""
    path = request.url.path
    with pages.site_of(request).application() as app:
        tree = Tree(Path(app.settings.storage.output))
        spoken = words.of(app.settings.site.language)
        depth = pages.depth_of(path)
        if depth > _DEEPEST:  # each link of the page would be as long as the path
            raise HTTPException(404)
        if tree.is_gone(path.lstrip("/")):
            return pages.message(
                app, spoken.taken_down, spoken.taken_down_why, depth=depth, status=410
            )
        if tree.is_folder(path):
            # The path was found in the tree, and so cannot lead elsewhere
            return RedirectResponse(quote(path) + "/", 301)
        home = [Link(spoken.home, "../" * depth + "index.html")]
        return pages.message(app, spoken.not_found, depth=depth, status=404, links=home)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = PlainTextResponse(f"{error.detail}\n", error.status_code, headers=error.headers)
    answer.raw_headers.extend(security.FORMS)
    return answer


async def _failed(request: Request, error: Exception) -> Response:
    """503 for what will pass (the database is away), 500 else; the log has the reason."""
    passing = isinstance(error, SyndicateError)
    if passing:
        log.error("%s %s: %s", request.method, request.url.path, error)
    else:
        log.error("%s %s", request.method, request.url.path, exc_info=error)
    say = phrases.of(pages.site_of(request).settings.site.language)
    answer = PlainTextResponse(say["server_error"] + "\n", 503 if passing else 500)
    answer.raw_headers.extend(security.FORMS)
    return answer
