"""The language of a text, from what is declared and from its script; unknown rather than guessed.

A script count answers what is needed here without a model: Han, Kana and Hangul name their
language, Latin names none.
"""

from __future__ import annotations

import re

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_HAN = re.compile(r"[\u4e00-\u9fff\u3400-\u4dbf]+")
_KANA = re.compile(r"[\u3040-\u30ff]+")
_HANGUL = re.compile(r"[\uac00-\ud7af]+")
_WORD = re.compile(r"[^\W\d_\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_LATIN = re.compile(r"[A-Za-z]+")


def declared(tag: str | None) -> str:
    """A declared language as BCP 47 writes it (`zh-CN`), "" where it is none."""
    tag = (tag or "").strip().replace("_", "-")
    if not _TAG.fullmatch(tag):
        return ""
    head, *rest = tag.split("-")
    return "-".join([head.lower(), *(r.upper() if len(r) == 2 else r for r in rest)])


def of_text(text: str) -> str:
    """`zh`, `ja` or `ko` where the script says so in the first 2,000 characters, else ""."""
    sample = text[:2000]
    if sample.isascii():
        return ""
    han, kana, hangul = (sum(map(len, p.findall(sample))) for p in (_HAN, _KANA, _HANGUL))
    words = len(_LATIN.findall(sample))
    if kana * 5 > han + kana and kana > 3:
        return "ja"
    if hangul > max(han, words):
        return "ko"
    return "zh" if han > 3 and han > words else ""


def of_part(known: str, text: str) -> str:
    """What `lang` says of a text within a page: `und` (BCP 47) where nothing is known but that
    the script is none of the Chinese page's, which would else speak and set it as Chinese."""
    if known:
        return known
    sample = text[:500]
    ours = sum(len(run) for p in (_HAN, _KANA, _HANGUL) for run in p.findall(sample))
    return "und" if len(_WORD.findall(sample)) > 10 * ours else ""


def choose(stated: str | None, feed: str | None, text: str) -> str:
    """The entry's own declaration, else the script where it contradicts the feed, else the
    feed's."""
    if own := declared(stated):
        return own
    whole, script = declared(feed), of_text(text)
    if script and not whole.lower().startswith(script):
        return script
    return whole
