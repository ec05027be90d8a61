"""Into the dashboard and out of it."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from syndicate.adapters.store import sessions
from syndicate.core import phrases
from syndicate.web import pages, security
from syndicate.web.admin import desk as desks
from syndicate.web.admin.desk import Desk, desk
from syndicate.web.limiting import may_do
from syndicate.web.pages import Form
from syndicate.wiring import Application

_SESSION = timedelta(hours=12)
_WINDOW = timedelta(minutes=15)
_TRIES = 10  # a client's network and window


async def login(request: Request) -> Response:
    form = await pages.read_form(request) if request.method == "POST" else None
    return await run_in_threadpool(_login, request, form)


def _login(request: Request, form: Form | None) -> Response:
    with pages.site_of(request).application() as app:
        token = app.settings.web.admin_token
        if not token:
            return desks.no_dashboard(app, request)
        if form is None:
            return _page(request, app)
        if pages.is_foreign(request, form, app):
            return pages.foreign(app, 1, desks.language(request, app))
        network = security.who(pages.client_of(request), app.secret)
        if not may_do(app, "login", network, _WINDOW, _TRIES):
            return pages.too_many(app, 1, int(_WINDOW.total_seconds()))
        if not hmac.compare_digest(form.one("token").encode(), token.encode()):
            return _page(request, app, wrong=True)
        return _welcome(request, app, token)


def _page(request: Request, app: Application, *, wrong: bool = False) -> Response:
    spoken = desks.language(request, app)
    say = phrases.of(spoken)
    return pages.render(
        app,
        "admin/login.html",
        say["log_in"],
        depth=1,
        language=spoken,
        status=401 if wrong else 200,
        wrong=say["bad_token"] if wrong else "",
    )


def _welcome(request: Request, app: Application, token: str) -> Response:
    id = secrets.token_urlsafe(32)
    until = app.now + _SESSION
    with app.database.begin() as conn:
        sessions.add(conn, desks.mark(id), desks.token_mark(app, token), until, app.now)
    answer = RedirectResponse("./", 303)
    answer.set_cookie(
        desks.cookie_name(request),
        id,
        max_age=int(_SESSION.total_seconds()),
        path="/",
        secure=desks.is_secure(request),
        httponly=True,
        samesite="strict",
    )
    answer.raw_headers.extend(security.FORMS)
    return answer


@desk
def logout(at: Desk) -> Response:
    id = at.request.cookies.get(desks.cookie_name(at.request), "")
    with at.app.database.begin() as conn:
        sessions.end(conn, desks.mark(id))
    answer = RedirectResponse("login", 303)
    answer.delete_cookie(desks.cookie_name(at.request), path="/", httponly=True)
    return answer


ROUTES = [
    Route("/admin/login", login, methods=["GET", "POST"]),
    Route("/admin/logout", logout, methods=["POST"]),
]
