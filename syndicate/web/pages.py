"""What the pages with forms have in common: reading a form, the frame around it, the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from syndicate.core import frame as frames
from syndicate.core import phrases, words
from syndicate.core.frame import Head, Link
from syndicate.web import security

if TYPE_CHECKING:
    from syndicate.web.site import Site
    from syndicate.wiring import Application

_FIELDS = 400


@dataclass(frozen=True, slots=True)
class Page:
    """What the layout needs of a page."""

    title: str
    head: Head
    breadcrumb: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What was posted: fields with one value, or several."""

    data: FormData

    def one(self, name: str) -> str:
        """The value of a field, without space around it; "" where it is not there."""
        value = self.data.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field that is not empty, each once."""
        values = (v.strip() for v in self.data.getlist(name) if not isinstance(v, UploadFile))
        return tuple(dict.fromkeys(filter(None, values)))

    def has(self, name: str) -> bool:
        return name in self.data


def site_of(request: Request) -> Site:
    found: Site = request.app.state.site
    return found


def client_of(request: Request) -> security.Client:
    return security.client(request.scope, site_of(request).settings.web.trusted_proxies)


async def read_form(request: Request) -> Form:
    """The fields that were posted; 400 for more of them than any form of ours has.

    Urlencoded bodies are UTF-8, percent-encoded or not: Starlette reads what is not as Latin-1.
    """
    if request.headers.get("content-type", "").startswith("multipart/"):
        return Form(await request.form(max_files=0, max_fields=_FIELDS))
    body = (await request.body()).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        raise HTTPException(400, "too many fields") from None
    return Form(FormData(list[tuple[str, str | UploadFile]](pairs)))


def is_foreign(request: Request, form: Form, app: Application, subject: str = "") -> bool:
    """Whether a form was not sent from one of our pages (see `security`)."""
    if not security.is_ours(request, client_of(request), app.settings.site.url):
        return True
    mark = form.one("form")
    if not mark and not subject:
        return security.from_browser(request.headers)
    return not security.holds_form(app.secret, subject, mark, app.now)


def render(
    app: Application,
    template: str,
    title: str,
    *,
    depth: int,
    language: str = "",
    status: int = 200,
    subject: str = "",
    breadcrumb: Sequence[Link] = (),
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """A page as the answer. `depth` is how many folders below the root its URL is."""
    settings = app.settings
    spoken = words.of(language or settings.site.language)
    frame = replace(
        frames.frame(settings.site, settings.columns, depth, settings.digests), words=spoken
    )
    page = Page(title, Head(title, robots="noindex"), tuple(breadcrumb))
    body = app.templates.render(
        template,
        {
            "page": page,
            "frame": frame,
            "site": settings.site,
            "words": spoken,
            "say": phrases.of(spoken.language),
            "fill": phrases.fill,
            "form_mark": security.sign_form(app.secret, subject, app.now),
            **context,
        },
    )
    answer = Response(body, status, media_type="text/html")
    answer.raw_headers.extend(security.FORMS)
    for name, value in (headers or {}).items():
        answer.headers[name] = value
    return answer


def message(
    app: Application,
    title: str,
    text: str = "",
    *,
    depth: int,
    status: int = 200,
    language: str = "",
    links: Sequence[Link] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page that says one thing."""
    return render(
        app,
        "message.html",
        title,
        depth=depth,
        status=status,
        language=language,
        text=text,
        links=tuple(links),
        headers=headers,
    )


def depth_of(path: str) -> int:
    """How many folders below the root a URL's path is: `/subscribe` 0, `/confirm/x` 1."""
    return path.count("/") - 1


def too_many(app: Application, depth: int, seconds: int) -> Response:
    """429, with when it is worth trying again."""
    spoken = words.of(app.settings.site.language)
    return message(
        app,
        spoken.too_many,
        depth=depth,
        status=429,
        headers={"Retry-After": str(seconds)},
    )


def foreign(app: Application, depth: int, language: str = "") -> Response:
    """403: the form is not one of ours, or too old."""
    say = phrases.of(language or app.settings.site.language)
    return message(app, say["bad_form"], depth=depth, status=403, language=language)
