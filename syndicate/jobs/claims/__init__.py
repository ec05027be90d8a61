"""Rightsholders' claims: taken in from pages, mails and editors, answered, closed, reminded of."""

from syndicate.jobs.claims.handling import (
    add,
    answer,
    close,
    get,
    listed,
    mailed,
    name_entry,
    note,
    number_of,
    receive,
    remind,
    shown,
    shown_day,
)
from syndicate.jobs.claims.mails import Outcome, came_back, mails_of, take_mail

__all__ = [
    "Outcome",
    "add",
    "answer",
    "came_back",
    "close",
    "get",
    "listed",
    "mailed",
    "mails_of",
    "name_entry",
    "note",
    "number_of",
    "receive",
    "remind",
    "shown",
    "shown_day",
    "take_mail",
]
