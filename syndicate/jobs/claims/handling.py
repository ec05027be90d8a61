"""A claim's life: received, answered, closed; the editor is reminded before the date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from syndicate.adapters.store import claims as store
from syndicate.adapters.store import entries, limits, outbox
from syndicate.adapters.store.engine import Database
from syndicate.core import claims as rules
from syndicate.core import identity, letters, mime, subscription, urls, words
from syndicate.core.claims import Claim, Demand, Kind, State
from syndicate.core.letters import Letter
from syndicate.errors import UsageError
from syndicate.model import GivenDate
from syndicate.settings import Settings

# The limits of sign-ups: one mail an address and day, three ever before an editor answered
_WAIT = timedelta(days=1)
_MOST = 3
_MAIL = "claim"


def receive(
    db: Database,
    settings: Settings,
    demand: Demand,
    *,
    secret: bytes,
    now: datetime,
    language: str = "",
) -> Claim:
    """Take a claim in: it gets its number and due date, and one mail with nothing but these.

    Raises UsageError where it does not say enough.
    """
    if subscription.address(demand.email) is None or not rules.is_complete(demand):
        raise UsageError("a claim says what it is about, who makes it, and how to answer")
    with db.begin() as conn:
        claim = record(conn, settings, demand, now=now, language=language)
        store.log(conn, claim.number, now, "claimant", "received")
        if limits.may_write(conn, _MAIL, address_mark(claim, secret), now, _WAIT, _MOST):
            acknowledge(conn, settings, claim, secret, now)
        return claim


def add(
    db: Database,
    settings: Settings,
    demand: Demand,
    *,
    how: str,
    secret: bytes,
    now: datetime,
    by: str,
    language: str = "",
    quiet: bool = False,
) -> Claim:
    """Take in a claim that came by letter or telephone, on an editor's word.

    The number goes to its mail address, where it has one and `quiet` is not asked for. Raises
    UsageError where it does not say enough, or the address is none.
    """
    if demand.email and subscription.address(demand.email) is None:
        raise UsageError(f"{demand.email[:100]!r} is no mail address")
    if not rules.is_complete(demand, reachable=False):
        raise UsageError("a claim says what it is about and who makes it", where=rules.lengths())
    with db.begin() as conn:
        claim = record(conn, settings, demand, now=now, language=language)
        store.log(conn, claim.number, now, by, "received", how)
        if claim.email and not quiet:
            acknowledge(conn, settings, claim, secret, now)
        return claim


def record(
    conn: Connection, settings: Settings, demand: Demand, *, now: datetime, language: str = ""
) -> Claim:
    """A new claim with its number and due date; nobody is told of it."""
    number = store.add(
        conn,
        at=now,
        due=rules.due(settings, now),
        kind=demand.kind,
        name=demand.name,
        email=subscription.address(demand.email) or "",
        url=demand.url,
        text=demand.text,
        entry=about(conn, demand.url),
        state=State.OPEN.value,
        language=language or settings.site.language,
    )
    return known(conn, number)


def acknowledge(
    conn: Connection,
    settings: Settings,
    claim: Claim,
    secret: bytes,
    now: datetime,
    answers: str = "",
) -> None:
    """Queue the mail that names number and date; once a claim, whatever happens."""
    spoken = words.of(claim.language)
    letter = letters.claim_receipt(
        settings, spoken, shown(claim.number), shown_day(claim, settings)
    )
    _post(conn, settings, letter, claim, f"claim-{claim.number}", secret, now, answers=answers)


def about(conn: Connection, url: str) -> str:
    """The entry that a claim is about, its story's lead where several have the address; "" where
    that is not certain. An address that merely begins like an entry's means nothing."""
    if not url:
        return ""
    page = entries.at_page(conn, url)
    ids = {page} if page else _at(conn, url)
    found = entries.get_many(conn, sorted(ids))
    if len({entry.story for entry in found.values()}) != 1:
        return ""
    return next((id for id, entry in found.items() if entry.lead), next(iter(found)))


def _at(conn: Connection, url: str) -> set[str]:
    """The entries whose own address, or whose original's, means the same page; or by their id."""
    marks = identity.story_keys(url, None, None)
    ids = {id for group in entries.linked(conn, marks).values() for id in group}
    key = urls.canonical(url)
    for id, entry in entries.get_many(conn, entries.resolve(conn, url)).items():
        known_as = (entry.url, entry.attribution.original_url or "")
        if id == url or key in map(urls.canonical, known_as):
            ids.add(id)
    return ids


def address_mark(claim: Claim, secret: bytes) -> bytes:
    """What is kept of a claimant's address where mails to it are counted."""
    return identity.keyed(secret, identity.mark("email", subscription.key(claim.email)))


def shown(number: int) -> str:
    """A claim's number as people see it."""
    return f"C{number:05d}"


def number_of(text: str) -> int:
    """The number that somebody wrote; UsageError where it is none."""
    digits = text.strip().lstrip("cC#").lstrip("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise UsageError(f"{text!r} is no number of a claim", remedy="`syndicate claims list`")
    return int(digits)


def shown_day(claim: Claim, settings: Settings) -> str:
    """The due day in the claimant's language."""
    given = GivenDate(rules.due_day(claim, settings).isoformat())
    return words.of(claim.language or settings.site.language).date(given)


def _post(
    conn: Connection,
    settings: Settings,
    letter: Letter,
    claim: Claim,
    key: str,
    secret: bytes,
    now: datetime,
    email: str = "",
    answers: str = "",
) -> None:
    # Nobody subscribed: the mail is the claim's, so that no two of them are taken for one
    subscriber = f"claim-{claim.number}"
    outbox.add_letter(
        conn,
        key=key,
        subscriber=subscriber,
        email=email or claim.email,
        subject=letter.subject,
        text=letter.text,
        language=claim.language,
        message_id=mime.message_id(f"letter:{key}", subscriber, secret, settings.site),
        now=now,
        answers=f"<{answers}>" if answers else "",
    )


def known(conn: Connection, number: int) -> Claim:
    """A claim; UsageError where there is none."""
    row = store.get(conn, number)
    if row is None:
        raise UsageError(f"no claim {shown(number)}", remedy="`syndicate claims list`")
    return _claim(row)


def _claim(row: store.Row) -> Claim:
    return Claim(
        number=row.number,
        at=row.at,
        due=row.due,
        kind=Kind(row.kind),
        name=row.name,
        email=row.email,
        url=row.url,
        text=row.text,
        entry=row.entry,
        state=State(row.state),
        language=row.language,
        reminded=row.reminded,
    )


def listed(
    db: Database, state: str | None = None, limit: int | None = None, *, newest: bool = False
) -> Iterator[Claim]:
    """Claims, the soonest due first, or the newest."""
    with db.read() as conn:
        for row in store.listed(conn, state, limit, newest=newest):
            yield _claim(row)


def mailed(db: Database, number: int) -> list[outbox.Posted]:
    """What was mailed about a claim, and whether it arrived; oldest first."""
    with db.read() as conn:
        return outbox.posted(conn, f"claim-{number}")


def get(db: Database, number: int) -> tuple[Claim, list[store.Step]]:
    """A claim and its history; UsageError where there is none."""
    with db.read() as conn:
        return known(conn, number), store.history(conn, number)


def answer(
    db: Database,
    settings: Settings,
    number: int,
    text: str,
    *,
    secret: bytes,
    now: datetime,
    by: str,
) -> Claim:
    """Mail an answer to the claimant; the claim is answered. Without an address it is only noted:
    whoever came by letter is answered by letter."""
    if not text.strip():
        raise UsageError("the answer is empty")
    with db.begin() as conn:
        claim = known(conn, number)
        if claim.state is State.CLOSED:
            raise UsageError("it is closed", where=shown(number))
        steps = store.history(conn, number)
        if steps[-1:] and (steps[-1].what, steps[-1].text) == ("answered", text):
            raise UsageError("it was answered so already", where=shown(number))
        if claim.email:
            letter = letters.claim_answer(settings, words.of(claim.language), shown(number), text)
            key = f"claim-{number}-answer-{len(steps)}"
            last = store.last_message_id(conn, number)
            _post(conn, settings, letter, claim, key, secret, now, answers=last)
            limits.answered(conn, _MAIL, address_mark(claim, secret))
        store.change(conn, number, state=State.ANSWERED.value)
        store.log(conn, number, now, by, "answered", text)
        return known(conn, number)


def close(db: Database, number: int, note: str, *, now: datetime, by: str) -> Claim:
    """Nothing more is to be done about it; the note stays with us."""
    with db.begin() as conn:
        claim = known(conn, number)
        if claim.state is not State.CLOSED:
            store.change(conn, number, state=State.CLOSED.value)
            store.log(conn, number, now, by, "closed", note)
        return known(conn, number)


def note(db: Database, number: int, what: str, text: str, *, now: datetime, by: str) -> None:
    """Something that was done because of a claim, such as taking the article down."""
    with db.begin() as conn:
        known(conn, number)
        store.log(conn, number, now, by, what, text)


def name_entry(db: Database, number: int, entry: str, *, now: datetime, by: str) -> Claim:
    """Say which article of ours a claim is about, where its words did not tell."""
    with db.begin() as conn:
        claim = known(conn, number)
        if claim.entry != entry:
            store.change(conn, number, entry=entry)
            store.log(conn, number, now, by, "is about", entry)
        return known(conn, number)


def reopen(
    conn: Connection, settings: Settings, claim: Claim, now: datetime, by: str, text: str
) -> Claim:
    """The claimant wrote again: it is in the history, and what was answered or closed is open,
    with a new date to answer by."""
    store.log(conn, claim.number, now, by, "wrote again", text)
    if claim.state is not State.OPEN:
        due = rules.due(settings, now)
        store.change(conn, claim.number, state=State.OPEN.value, due=due, reminded=False)
    return known(conn, claim.number)


def remind(db: Database, settings: Settings, *, secret: bytes, now: datetime) -> int:
    """Mail the site's contact once about each claim whose date is near; how many."""
    to = subscription.address(settings.site.contact.email)
    if to is None:
        return 0
    done = 0
    with db.begin() as conn:
        near = [c for c in map(_claim, store.listed(conn, State.OPEN.value)) if c.is_near(now)]
        for claim in near:
            if claim.reminded:
                continue
            spoken = words.of(settings.site.language)
            day = spoken.date(GivenDate(rules.due_day(claim, settings).isoformat()))
            letter = letters.claim_reminder(settings, spoken, shown(claim.number), day, claim)
            key = f"claim-{claim.number}-reminder"
            _post(conn, settings, letter, claim, key, secret, now, email=to)
            store.change(conn, claim.number, reminded=True)
            store.log(conn, claim.number, now, "syndicate", "reminded the editor")
            done += 1
    return done
