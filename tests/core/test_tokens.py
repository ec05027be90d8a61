"""Tokens: one person, one purpose, one spelling."""

from __future__ import annotations

import string

from syndicate.core import tokens

SECRET = b"s" * 32


def test_a_token_holds_for_its_purpose_person_and_salt_alone() -> None:
    token = tokens.make(SECRET, "unsubscribe", "p1", "salt")
    assert tokens.subject(token) == "p1"
    assert tokens.holds(SECRET, "unsubscribe", token, "salt")
    assert not tokens.holds(SECRET, "preferences", token, "salt")
    assert not tokens.holds(SECRET, "unsubscribe", token, "revoked")
    assert not tokens.holds(b"other", "unsubscribe", token, "salt")


def test_no_other_spelling_is_the_same_token() -> None:
    token = tokens.make(SECRET, "unsubscribe", "p1", "salt")
    for at in range(len(token)):
        for character in string.ascii_letters + string.digits + "-_.=":
            other = token[:at] + character + token[at + 1 :]
            assert other == token or not tokens.holds(SECRET, "unsubscribe", other, "salt")
    assert not tokens.holds(SECRET, "unsubscribe", token + "=", "salt")
