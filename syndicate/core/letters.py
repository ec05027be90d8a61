"""Plain mails about a subscription or a claim: subject and text, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from syndicate.core import message, phrases, plaintext, textpart
from syndicate.core.claims import Claim
from syndicate.core.phrases import fill
from syndicate.core.words import Words
from syndicate.settings import Settings


@dataclass(frozen=True, slots=True)
class Letter:
    """What one person is written; it goes the way of all mail, without List-Unsubscribe."""

    subject: str
    text: str


def confirmation(settings: Settings, words: Words, link: str, digests: tuple[str, ...]) -> Letter:
    """The opt-in mail: one link, whose page has one button."""
    site = settings.site
    lines = [words.fill("confirm_text", site=site.name), link]
    if digests:
        lines.append(f"{words.which_digests}{words.colon}{words.join(digests)}")
    return Letter(words.fill("confirm_subject", site=site.name), _text(lines, settings, words))


def known(settings: Settings, words: Words, link: str) -> Letter:
    """To whom signs up once more: nothing was changed, and where it can be."""
    say, site = phrases.of(words.language), settings.site
    lines = [fill(say["known_text"], site=site.name), link]
    return Letter(fill(say["known_subject"], site=site.name), _text(lines, settings, words))


def claim_receipt(settings: Settings, words: Words, number: str, due: str) -> Letter:
    """Number and due date, and not a word of the claimant's: it cannot be used to mail others."""
    say = phrases.of(words.language)
    lines = [fill(say["claim_mail"], number=number, due=due)]
    subject = fill(say["claim_subject"], number=number)
    return Letter(subject, _text(lines, settings, words))


def claim_answer(settings: Settings, words: Words, number: str, answer: str) -> Letter:
    """What the editor answers."""
    subject = fill(phrases.of(words.language)["answer_subject"], number=number)
    return Letter(subject, _text(answer.strip().splitlines(), settings, words))


def claim_reminder(settings: Settings, words: Words, number: str, due: str, claim: Claim) -> Letter:
    """To the editor, when a claim comes near its date: who claims, about what, where to answer."""
    say = phrases.of(words.language)
    lines = [fill(say["remind_text"], number=number, due=due)]
    lines.append(f"{say['from_whom']}{words.colon}{plaintext.plain(claim.name)}")
    lines += [plaintext.plain(claim.url)] if claim.url else []
    if settings.web.admin_token:
        lines.append(f"{settings.site.url}admin/claims/{claim.number}")
    subject = fill(say["remind_subject"], number=number, due=due)
    return Letter(subject, _text(lines, settings, words))


def _text(lines: list[str], settings: Settings, words: Words) -> str:
    # A link stands on a line of its own, and is never wrapped
    body = [line if "://" in line else textpart.wrap(line) for line in lines]
    return "\n\n".join(body) + "\n\n-- \n" + "\n".join(message.profile(settings.site, words)) + "\n"
