"""A rightsholder's claim: the form, and the number and date that it gets."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicate.core import phrases, words
from syndicate.core.claims import Demand, is_complete
from syndicate.jobs import claims as job
from syndicate.web import pages, security
from syndicate.web.limiting import may_do
from syndicate.web.pages import Form

if TYPE_CHECKING:
    from syndicate.wiring import Application

HONEYPOT = "website"
_CLAIMS = 5  # a client's network and hour, as with sign-ups
_HOUR = timedelta(hours=1)
_EMPTY = Demand("", "", "", "", "")


async def claims(request: Request) -> Response:
    if request.method == "POST":
        form = await pages.read_form(request)
        return await run_in_threadpool(_receive, request, form)
    return await run_in_threadpool(_ask, request)


def _ask(request: Request) -> Response:
    with pages.site_of(request).application() as app:
        url = request.query_params.get("url", "")[:2000]
        return _page(app, Demand("", "", "", url, ""))


def _page(app: Application, demand: Demand, wrong: str = "") -> Response:
    spoken = words.of(app.settings.site.language)
    return pages.render(
        app,
        "claims.html",
        spoken.claims,
        depth=0,
        status=400 if wrong else 200,
        demand=demand,
        wrong=wrong,
        honeypot=HONEYPOT,
        address=app.settings.mail.claims,
        received=None,
    )


def _receive(request: Request, form: Form) -> Response:
    site = pages.site_of(request)
    with site.application() as app:
        say = phrases.of(app.settings.site.language)
        if pages.is_foreign(request, form, app):
            return pages.foreign(app, 0)
        demand = Demand(*(form.one(name) for name in ("kind", "name", "email", "url", "text")))
        if not is_complete(demand):
            return _page(app, demand, say["claim_missing"])
        network = security.who(pages.client_of(request), app.secret)
        if not may_do(app, "claim", network, _HOUR, _CLAIMS):
            return pages.too_many(app, 0, int(_HOUR.total_seconds()))
        if form.one(HONEYPOT):
            return _page(app, _EMPTY)
        claim = job.receive(app.database, app.settings, demand, secret=app.secret, now=app.now)
        site.wake("deliver")
        spoken = words.of(app.settings.site.language)
        number, day = job.shown(claim.number), job.shown_day(claim, app.settings)
        return pages.render(
            app,
            "claims.html",
            spoken.claims,
            depth=0,
            demand=_EMPTY,
            wrong="",
            honeypot=HONEYPOT,
            address=app.settings.mail.claims,
            received={"number": number, "due": day, "iso": claim.due.date().isoformat()},
        )


ROUTES = [Route("/claims", claims, methods=["GET", "POST"])]
