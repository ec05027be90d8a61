"""Digests: their editions, the next one as a subscriber would get it, those on hold."""

from __future__ import annotations

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from syndicate import reporting
from syndicate.errors import UsageError
from syndicate.jobs import digest as job
from syndicate.settings import Digest
from syndicate.web import security
from syndicate.web.admin.desk import Desk, desk

# The mail itself: styles in its elements, pictures from anywhere, nothing else; shown in a frame
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; "
    "frame-ancestors 'self'; sandbox"
)


@desk
def every(at: Desk) -> Response:
    if at.form is not None:
        _act(at)
        return at.done("digests")
    found = reporting.digests(at.app)
    for digest in found:
        digest["next"] = at.moment(digest["next"])
        digest["editions"] = [
            {**edition, "at": at.moment(edition["at"])} for edition in digest["editions"][:30]
        ]
    return at.render("digests.html", at.say["digests"], here="digests", digests=found)


def _act(at: Desk) -> None:
    form = at.form
    assert form is not None
    edition = form.one("edition")
    match form.one("action"):
        case "approve":
            job.approve(at.app.database, edition)
            at.site.wake("deliver")
        case "reject":
            if not form.one("sure"):
                raise UsageError(at.say["sure_missing"])
            job.reject(at.app.database, edition, at.app.now)
        case other:
            raise UsageError(f"no such action: {other[:40]!r}")


def _digest(at: Desk) -> Digest | None:
    id = at.request.path_params["id"]
    return next((digest for digest in at.app.settings.digests if digest.id == id), None)


@desk
def preview(at: Desk) -> Response:
    digest = _digest(at)
    if digest is None:
        return at.missing("digests")
    return at.render(
        "preview.html", f"{at.say['preview']} · {digest.title or digest.id}",
        here="digests", digest=digest,
    )  # fmt: skip


@desk
def previewed(at: Desk) -> Response:
    """The message's own HTML or text, as `digest preview` writes it."""
    digest = _digest(at)
    if digest is None:
        return PlainTextResponse("no such digest\n", 404)
    app = at.app
    made = job.preview(app.database, app.settings, digest, app.templates, app.secret, app.now)
    if at.request.path_params["form"] == "txt":
        answer = Response(made.text, media_type="text/plain")
        answer.raw_headers.extend(security.FORMS)
        return answer
    answer = Response(made.html, media_type="text/html")
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    answer.headers["Content-Security-Policy"] = _MAIL_POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


ROUTES = [
    Route("/admin/digests", every, methods=["GET", "POST"]),
    Route("/admin/digests/{id}/preview", preview, methods=["GET"]),
    Route("/admin/digests/{id}/preview.{form:str}", previewed, methods=["GET"]),
]
