"""Digests: compose due editions with all their messages, preview, approve, take down."""

from syndicate.jobs.digest.composing import (
    Composed,
    candidates,
    compose,
    compose_due,
    compose_now,
)
from syndicate.jobs.digest.editors import approve, reject
from syndicate.jobs.digest.preview import Preview, preview
from syndicate.jobs.digest.taking_down import correct, withdraw

__all__ = [
    "Composed",
    "Preview",
    "approve",
    "candidates",
    "compose",
    "compose_due",
    "compose_now",
    "correct",
    "preview",
    "reject",
    "withdraw",
]
