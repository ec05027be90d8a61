"""Sign-up, confirmation, preferences, unsubscribing. GET shows a form; only POST does anything."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicate.core import phrases, subscription, tokens, words
from syndicate.core.frame import Link, title_of
from syndicate.core.subscription import Wish
from syndicate.errors import UsageError
from syndicate.jobs import subscribe as job
from syndicate.model import Subscriber, SubscriberState
from syndicate.web import pages, security
from syndicate.web.limiting import may_do
from syndicate.web.pages import Form

if TYPE_CHECKING:
    from syndicate.settings import Settings
    from syndicate.wiring import Application

HONEYPOT = "website"
_SIGN_UPS = 5  # a client's network and hour
_HOUR = timedelta(hours=1)


# --- /subscribe -----------------------------------------------------------------------------


async def subscribe(request: Request) -> Response:
    if request.method == "POST":
        form = await pages.read_form(request)
        return await run_in_threadpool(_sign_up, request, form)
    return await run_in_threadpool(_ask_who, request)


def _ask_who(request: Request) -> Response:
    with pages.site_of(request).application() as app:
        chosen = tuple(request.query_params.getlist("digest"))
        return _sign_up_page(app, Wish(digests=chosen or None))


def _sign_up_page(
    app: Application, wish: Wish, email: str = "", wrong: str = "", status: int = 200
) -> Response:
    spoken = words.of(app.settings.site.language)
    return pages.render(
        app,
        "subscribe.html",
        spoken.subscribe,
        depth=0,
        status=status,
        wish=wish,
        email=email,
        wrong=wrong,
        honeypot=HONEYPOT,
        digests=[digest for digest in app.settings.digests if digest.public],
        **_choices(app.settings),
    )


def _choices(settings: Settings) -> dict[str, Any]:
    spoken = words.of(settings.site.language)
    return {
        "columns": [Link(title_of(column, spoken), column.id) for column in settings.columns],
        "frequencies": (
            ("edition", "each_edition"),
            ("daily", "daily"),
            ("weekly", "weekly"),
        ),
        "hours": range(24),
        "languages": (("zh-CN", "简体中文"), ("en", "English")),
        "zones": _zones(),
        "site_zone": settings.site.timezone,
    }


def _zones() -> list[str]:
    """The zones that people know by a place; without aliases such as `Etc/GMT+8` or `PRC`."""
    return sorted(zone for zone in available_timezones() if "/" in zone and zone[:4] != "Etc/")


def _wish(form: Form) -> Wish:
    """What a form asks for; a field that is absent or empty is left open."""
    return Wish(
        digests=form.all("digest") or None,
        columns=form.all("column") or None,
        frequency=form.one("frequency") or None,
        language=form.one("language") or None,
        timezone=form.one("timezone") or None,
        hour=form.one("hour") or None,
    )


def _sign_up(request: Request, form: Form) -> Response:
    site = pages.site_of(request)
    with site.application() as app:
        say = phrases.of(app.settings.site.language)
        client = pages.client_of(request)
        wish, email = _wish(form), form.one("email")
        if pages.is_foreign(request, form, app):
            return pages.foreign(app, 0)
        if subscription.address(email) is None:
            return _sign_up_page(app, wish, email, say["bad_email"], 400)
        if subscription.problems(wish, app.settings, public=True):
            return _sign_up_page(app, Wish(), email, say["bad_choice"], 400)
        network = security.who(client, app.secret)
        if not may_do(app, "subscribe", network, _HOUR, _SIGN_UPS):
            return pages.too_many(app, 0, int(_HOUR.total_seconds()))
        if not form.one(HONEYPOT):
            job.sign_up(
                app.database,
                app.settings,
                email,
                wish,
                secret=app.secret,
                now=app.now,
                network=network.hex(),
            )
            site.wake("deliver")
        spoken = words.of(app.settings.site.language)
        return pages.message(app, spoken.check_mail, say["check_mail_more"], depth=0)


# --- /confirm, /unsubscribe -----------------------------------------------------------------


async def confirm(request: Request) -> Response:
    form = await pages.read_form(request) if request.method == "POST" else None
    return await run_in_threadpool(_confirm, request, form)


def _confirm(request: Request, form: Form | None) -> Response:
    token = request.path_params["token"]
    with pages.site_of(request).application() as app:
        person = job.holder(app.database, token, "confirm", app.secret)
        if person is None or subscription.confirm(person, app.now) is None:
            return _bad_link(app)
        spoken = words.of(person.language or app.settings.site.language)
        if form is None:
            return pages.render(
                app,
                "confirm.html",
                spoken.confirm,
                depth=1,
                language=spoken.language,
                email=person.email,
                digests=[d for d in app.settings.digests if subscription.wants(person, d)],
            )
        if pages.is_foreign(request, form, app):
            return pages.foreign(app, 1, spoken.language)
        network = security.who(pages.client_of(request), app.secret).hex()
        confirmed = job.confirm(
            app.database, person.id, secret=app.secret, now=app.now, network=network
        )
        if confirmed is None:
            return _bad_link(app)
        say = phrases.of(spoken.language)
        return pages.message(
            app,
            spoken.confirmed,
            phrases.fill(say["first_edition"], email=confirmed.email),
            depth=1,
            language=spoken.language,
            links=[Link(spoken.preferences, _link(app, confirmed, "preferences"))],
        )


def _link(app: Application, person: Subscriber, purpose: str) -> str:
    """A link of this kind for a subscriber, relative to a page of another kind."""
    return f"../{purpose}/{tokens.make(app.secret, purpose, person.id, person.token_salt)}"


def _bad_link(app: Application) -> Response:
    spoken = words.of(app.settings.site.language)
    links = [Link(spoken.subscribe, "../subscribe")]
    return pages.message(app, spoken.bad_link, depth=1, status=404, links=links)


async def unsubscribe(request: Request) -> Response:
    """RFC 8058: a POST with a valid token needs nothing else, wherever it comes from."""
    return await run_in_threadpool(_unsubscribe, request, request.method == "POST")


def _unsubscribe(request: Request, act: bool) -> Response:
    token = request.path_params["token"]
    with pages.site_of(request).application() as app:
        person = job.holder(app.database, token, "unsubscribe", app.secret)
        if person is None:
            return _bad_link(app)
        spoken = words.of(person.language or app.settings.site.language)
        if not act:
            return pages.render(
                app,
                "unsubscribe.html",
                spoken.unsubscribe,
                depth=1,
                language=spoken.language,
                email=person.email,
                preferences=_link(app, person, "preferences"),
            )
        network = security.who(pages.client_of(request), app.secret).hex()
        job.unsubscribe(app.database, person.id, now=app.now, by="subscriber", network=network)
        say = phrases.of(spoken.language)
        return pages.message(
            app,
            spoken.unsubscribed,
            say["not_subscribed"],
            depth=1,
            language=spoken.language,
            links=[Link(spoken.subscribe, "../subscribe")],
        )


# --- /preferences ---------------------------------------------------------------------------


async def preferences(request: Request) -> Response:
    form = await pages.read_form(request) if request.method == "POST" else None
    return await run_in_threadpool(_preferences, request, form)


def _preferences(request: Request, form: Form | None) -> Response:
    token = request.path_params["token"]
    with pages.site_of(request).application() as app:
        person = job.holder(app.database, token, "preferences", app.secret)
        if person is None:
            return _bad_link(app)
        if form is None:
            return _preferences_page(app, person)
        if pages.is_foreign(request, form, app):
            return pages.foreign(app, 1, person.language)
        action = form.one("action") or "save"
        if action == "export":
            return _export(app, person)
        if action == "erase":
            return _erase(app, person, form)
        if action == "unsubscribe":
            return _unsubscribe_here(request, app, person)
        return _save(request, app, person, form)


def _preferences_page(
    app: Application, person: Subscriber, said: str = "", wrong: str = ""
) -> Response:
    spoken = words.of(person.language or app.settings.site.language)
    zone = ZoneInfo(person.timezone or app.settings.site.timezone)
    paused = person.paused_until.astimezone(zone).date() if person.paused_until else None
    mine = [d for d in app.settings.digests if d.public or d.id in person.digests]
    return pages.render(
        app,
        "preferences.html",
        spoken.preferences,
        depth=1,
        language=spoken.language,
        status=400 if wrong else 200,
        person=person,
        subscribed=person.state is SubscriberState.CONFIRMED,
        said=said,
        wrong=wrong,
        digests=mine,
        chosen=[d.id for d in mine if subscription.wants(person, d)],
        paused=paused.isoformat() if paused else "",
        today=app.now.astimezone(zone).date().isoformat(),
        **_choices(app.settings),
    )


def _save(request: Request, app: Application, person: Subscriber, form: Form) -> Response:
    say = phrases.of(person.language or app.settings.site.language)
    if form.has("listed") and not form.all("digest"):
        return _preferences_page(app, person, wrong=say["choose_one"])
    wish = _changes(app, person, form)
    try:
        paused = _paused(app, wish.timezone or person.timezone, person, form)
    except ValueError:
        return _preferences_page(app, person, wrong=say["bad_date"])
    network = security.who(pages.client_of(request), app.secret).hex()
    try:
        changed = job.change(
            app.database,
            app.settings,
            person.id,
            wish,
            paused_until=paused,
            now=app.now,
            by="subscriber",
            network=network,
        )
    except UsageError:
        return _preferences_page(app, person, wrong=say["bad_choice"])
    saved = changed or person
    spoken = words.of(saved.language or app.settings.site.language)
    return _preferences_page(app, saved, said=spoken.saved)


def _changes(app: Application, person: Subscriber, form: Form) -> Wish:
    """The wish of a form; of one that lists all choices, what is not ticked is not wanted."""
    wish = _wish(form)
    if not form.has("listed"):
        return wish
    public = {digest.id for digest in app.settings.digests if digest.public}
    digests = form.all("digest")
    every = set(digests) == public and not set(person.digests) - public
    zone = form.one("timezone") if form.has("timezone") else None
    return Wish(
        digests=() if every and not person.digests else digests,
        columns=form.all("column"),
        frequency=wish.frequency,
        language=wish.language,
        timezone=zone,
        hour=form.one("hour") if form.has("hour") else None,
        text_only=bool(form.one("text_only")),
    )


def _paused(app: Application, zone: str, person: Subscriber, form: Form) -> datetime | None:
    """Midnight at the end of the last day of the pause; ValueError where it is no date."""
    if not form.has("pause_until"):
        return person.paused_until
    day = form.one("pause_until")
    if not day:
        return None
    known = zone if subscription.is_zone(zone) else app.settings.site.timezone
    return datetime.combine(datetime.fromisoformat(day).date(), time(), ZoneInfo(known))


def _export(app: Application, person: Subscriber) -> Response:
    data = json.dumps(job.data_of(app.database, person), ensure_ascii=False, indent=2)
    answer = Response(data + "\n", media_type="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="subscription.json"'
    answer.raw_headers.extend(security.FORMS)
    return answer


def _erase(app: Application, person: Subscriber, form: Form) -> Response:
    spoken = words.of(person.language or app.settings.site.language)
    say = phrases.of(spoken.language)
    if not form.one("sure"):
        return _preferences_page(app, person, wrong=say["sure_missing"])
    job.forget(app.database, person.email, secret=app.secret, now=app.now)
    return pages.message(app, spoken.erased, depth=1, language=spoken.language)


def _unsubscribe_here(request: Request, app: Application, person: Subscriber) -> Response:
    network = security.who(pages.client_of(request), app.secret).hex()
    left = job.unsubscribe(app.database, person.id, now=app.now, by="subscriber", network=network)
    spoken = words.of(person.language or app.settings.site.language)
    return _preferences_page(app, left or person, said=spoken.unsubscribed)


BOTH = ["GET", "POST"]
ROUTES = [
    Route("/subscribe", subscribe, methods=BOTH),
    Route("/confirm/{token}", confirm, methods=BOTH),
    Route("/preferences/{token}", preferences, methods=BOTH),
    Route("/unsubscribe/{token}", unsubscribe, methods=BOTH),
]
