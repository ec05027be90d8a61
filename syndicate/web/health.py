"""Liveness, readiness, figures: for whoever watches the daemon."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from syndicate.web import pages

_NEVER_KEPT = {"Cache-Control": "no-store"}
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def healthz(_request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n", headers=_NEVER_KEPT)


async def readyz(request: Request) -> Response:
    """Database, scheduler and mail route are as they should be; 503 and which is not."""
    wrong = await run_in_threadpool(pages.site_of(request).ready)
    parts = {name: wrong.get(name, "ok") for name in ("database", "scheduler", "mail", *wrong)}
    body = {"ready": not wrong, **parts}
    return JSONResponse(body, 503 if wrong else 200, headers=_NEVER_KEPT)


async def metrics(request: Request) -> Response:
    """Prometheus text."""
    body = await run_in_threadpool(request.app.state.figures.text)
    return Response(body, headers={**_NEVER_KEPT, "Content-Type": METRICS_TYPE})


ROUTES = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
