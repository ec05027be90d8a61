"""Messages written from variants: envelope and bytes, signed."""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlalchemy.engine import Connection as Transaction

from syndicate.adapters.dkim import Signer
from syndicate.adapters.smtp import Envelope
from syndicate.adapters.store import outbox
from syndicate.adapters.store.outbox import Message, Variant
from syndicate.core import mime, verp
from syndicate.core.mime import Prepared, Recipient, Rendered
from syndicate.settings import Settings

_CLAIM = re.compile(r"letter:claim-\d+(-answer-\d+)?")  # keys of jobs.claims: to the claimant
_RECEIPT = re.compile(r"letter:claim-\d+")  # the one that number and date are in
Contents = dict[str, tuple[str, ...] | None]  # variants and what is in them; None: withdrawn
Changed = dict[str, Variant]


def _to_claimant(variant: Variant) -> bool:
    return variant.kind == "letter" and bool(_CLAIM.fullmatch(variant.edition))


class Writer:
    """Messages from variants: each variant is prepared once, until it changes."""

    def __init__(self, settings: Settings, secret: bytes, sign: Signer | None) -> None:
        self.settings, self.secret, self.sign = settings, secret, sign
        self._prepared: dict[str, tuple[tuple[str, ...] | None, Prepared]] = {}
        self._digests = {digest.id: digest for digest in settings.digests}

    def known(self) -> Contents:
        """What the variants at hand have in them."""
        return {id: entries for id, (entries, _) in self._prepared.items()}

    def is_withdrawn(self, variant: str) -> bool:
        known = self._prepared.get(variant)
        return known is not None and known[0] is None

    def take(self, changed: Changed) -> None:
        """These are new, or not what they were."""
        for id, variant in changed.items():
            entries = variant.entries if variant.text else None
            self._prepared[id] = (entries, self._prepare(variant))

    def keep(self, needed: Collection[str]) -> None:
        """Let go of what is not needed any more; never while a claim relies on what is known."""
        self._prepared = {id: known for id, known in self._prepared.items() if id in needed}

    def _prepare(self, variant: Variant) -> Prepared:
        digest = variant.edition.rpartition("-")[0] if variant.kind == "digest" else ""
        known = self._digests.get(digest)
        rendered = Rendered(
            subject=variant.subject,
            html=variant.html,
            text=variant.text,
            language=variant.language,
            text_only=variant.text_only,
            digest=digest,
            digest_title=known.title if known else digest,
            kind=variant.kind,
            public=known is None or known.public,
            answers=variant.answers,
            reply_to=self.settings.mail.claims if _to_claimant(variant) else "",
            automatic=bool(variant.answers) and bool(_RECEIPT.fullmatch(variant.edition)),
        )
        return mime.prepare(rendered, self.settings)

    def write(self, message: Message) -> Envelope:
        """The envelope and bytes of a message, signed."""
        built = self._prepared[message.variant][1].build(self.recipient(message))
        signature = self.sign.signature(built.head, built.digest) if self.sign else b""
        base = self.settings.mail.bounce or self.settings.mail.sender
        return Envelope(
            sender=verp.return_path(base, self.secret, message.subscriber),
            recipient=message.email,
            message_id=message.message_id,
            data=built.joined(signature),
        )

    def recipient(self, message: Message) -> Recipient:
        return recipient(self.settings, self.secret, message)


def recipient(settings: Settings, secret: bytes, message: Message) -> Recipient:
    """What is this subscriber's own in a message: address, links, Message-ID."""
    return mime.addressed(
        settings,
        secret,
        subscriber=message.subscriber,
        salt=message.salt,
        email=message.email,
        name=message.name,
        message_id=message.message_id,
        date=message.date,
        edition=message.edition,
        letter=message.edition.startswith("letter:"),
    )


def changed_variants(conn: Transaction, ids: Collection[str], known: Contents) -> Changed:
    """The variants among these that are not what is known of them; only they are read whole."""
    found = {}
    for id, entries in outbox.contents(conn, ids).items():
        if id not in known or known[id] != entries:
            variant = outbox.variant(conn, id)
            if variant is not None:
                found[id] = variant
    return found
