"""A recipient that the mail server refuses for good: a bounce that came at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from syndicate.adapters.store import outbox, subscribers
from syndicate.adapters.store.outbox import Message
from syndicate.core import subscription


def suppress(conn: Connection, message: Message, said: str, now: datetime) -> None:
    """Mail the subscriber of a message no more, as after a report that says the same; on the
    record as a report of this message would be, so that one that follows counts no more."""
    person = subscribers.get(conn, message.subscriber)
    if person is None:
        return
    about = message.message_id.strip("<>")
    subscribers.log(conn, person.id, now, "bounced", f"hard <{about}> {said}")
    gone = subscription.suppress(person)
    if gone != person:
        subscribers.save(conn, [(gone, subscription.key(person.email))], now)
        subscribers.log(conn, person.id, now, "suppressed", said)
    outbox.drop_subscriber(conn, person.id, now, "suppressed")
