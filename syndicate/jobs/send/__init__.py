"""Deliver: the outbox to the mail route, each message's state in the database before it moves."""

from syndicate.jobs.send.delivering import LEASE, Delivery, backoff, clock, deliver
from syndicate.jobs.send.writing import recipient

__all__ = ["LEASE", "Delivery", "backoff", "clock", "deliver", "recipient"]
