"""The subscriber side of WebSub (W3C WebSub 1.0, 5.3 and 7): hubs verify, and push.

What is pushed is not read: a push whose signature holds has the source polled, by the way that
every poll goes. So a hub cannot put anything into a source.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from syndicate.adapters.store import leases
from syndicate.web import pages

_HASHES = {
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}
_LONGEST = timedelta(days=30)
_PENDING = timedelta(days=1)  # a hub verifies soon after it was asked, or not at all


async def websub(request: Request) -> Response:
    if request.method == "POST":
        body = await request.body()
        return await run_in_threadpool(_pushed, request, body)
    return await run_in_threadpool(_verify, request)


def _verify(request: Request) -> Response:
    """A hub asks whether we want this: only what we asked it for (5.3)."""
    asked = request.query_params
    source, mode = request.path_params["source"], asked.get("hub.mode", "")
    with pages.site_of(request).application() as app, app.database.begin() as conn:
        lease = leases.get(conn, source)
        if lease is None or asked.get("hub.topic") != lease.topic:
            return PlainTextResponse("no such subscription\n", 404)
        if mode == "denied":
            why = asked.get("hub.reason", "")[:200] or "the hub denied it"
            leases.save(conn, replace(lease, until=None, error=why))
            return PlainTextResponse("noted\n")
        is_awaited = app.now - lease.asked < _PENDING
        if mode != "subscribe" or not is_awaited or app.settings.source(source) is None:
            return PlainTextResponse("not asked for\n", 404)
        span = _seconds(asked.get("hub.lease_seconds", ""))
        leases.save(conn, replace(lease, until=app.now + span, error=""))
        challenge = asked.get("hub.challenge", "")
    answer = PlainTextResponse(challenge)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _seconds(text: str) -> timedelta:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        return timedelta(days=1)
    return min(timedelta(seconds=int(text)), _LONGEST)


def _pushed(request: Request, body: bytes) -> Response:
    """7.1.1: answered with success in any case; what has no good signature is left alone."""
    source = request.path_params["source"]
    site = pages.site_of(request)
    with site.application() as app:
        with app.database.read() as conn:
            lease = leases.get(conn, source)
        if lease is None or app.settings.source(source) is None:
            return PlainTextResponse("no such subscription\n", 410)
        if _is_signed(lease.secret, request.headers.get("x-hub-signature", ""), body):
            with app.database.begin() as conn:
                leases.save(conn, replace(lease, pushed=app.now))
            site.wake("ingest", source)
    return Response(status_code=202)


def _is_signed(secret: str, signature: str, body: bytes) -> bool:
    method, _, given = signature.partition("=")
    if method not in _HASHES:
        return False
    made = hmac.new(secret.encode(), body, _HASHES[method]).hexdigest()
    return hmac.compare_digest(made.encode(), given.strip().lower().encode())


ROUTES = [Route("/websub/{source}", websub, methods=["GET", "POST"])]
