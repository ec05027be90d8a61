"""Names as they are stated: several told apart, roles left out, nothing translated or replaced.

Contract §4: space, `、` `，` `；` `/` stand between names; a two-character name padded by a space
(李　明) is one; Latin names are not split at spaces; 记者 and 通讯员 are roles.
"""

from __future__ import annotations

import re
from functools import lru_cache

from syndicate.model import Person

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff·•"
_SEPARATORS = re.compile(r"\s*[、，,；;/／|｜&＆]\s*|\s+(?:和|与|及|and)\s+|[\r\n]+", re.I)
_ROLE = re.compile(
    r"(?:本报|本网|本刊|本台|实习|特约|见习|首席|全媒体|融媒体|新闻)?"
    r"(?:通讯员|通訊員|特派员|评论员|撰稿人|供稿人|摄影师|记者|記者|编辑|編輯|作者|撰文|摄影|图片|文字|供稿)"
    r"(?:[:：]|\s+|(?=[\u4e00-\u9fff]{2,4}(?:$|\W))(?![部组站室团协处科]))|(?:文|图|摄|撰)\s*[/／:：]\s*",
)
_ROLE_PREFIX = re.compile(
    r"(?:^|(?<=[\s、，,；;]))(?:[\u4e00-\u9fff]{2,8}(?:报|社|网|台))(?=记者|通讯员)"
)
_BY = re.compile(r"^(?:by|words by|written by|author|authors)[:：\s]+", re.I)
_ROLE_TAIL = re.compile(
    r"\s*[(（](?:文|图|摄|摄影|供图|文图|图文|文[/／]图|实习生|记者|通讯员|编译|整理)[)）]"
)
_TAG = re.compile(r"</?[A-Za-z][^<>@]*>")  # its slash stands between no names
_EMAIL_NAME = re.compile(r"([^\s<>()]+@[^\s<>()]+)\s*\((.*)\)")
_NAME_EMAIL = re.compile(r"\"?([^<>@]*?)\"?\s*[<(]\s*(?:mailto:)?([^\s<>()]+@[^\s<>()]+)\s*[>)]")
_EMAIL = re.compile(r"(?:mailto:)?([^\s<>()@]+@[^\s<>()@]+\.[^\s<>()@]+)")


def split_names(text: str) -> tuple[str, ...]:
    """The names in a text, in order, each as it stands (李　明 stays so); roles are no names."""
    text = _BY.sub("", _TAG.sub("", text).strip())
    text = _ROLE_PREFIX.sub(" ", _ROLE_TAIL.sub("", text))
    text = _ROLE.sub("、", text)
    names: list[str] = []
    for part in _SEPARATORS.split(text):
        names += _split_spaces(part.strip())
    cleaned = (name.strip(" :：·。") for name in names)
    return tuple(dict.fromkeys(name for name in cleaned if name))


def _split_spaces(part: str) -> list[str]:
    """Chinese names at spaces; a space within a two-character name, or Latin, splits nothing."""
    words = part.split()
    if len(words) < 2:
        return words and [part]
    if not all(re.fullmatch(rf"[{_HAN}]+", word) for word in words):
        return _mixed(part)
    if len(words) == 2 and all(len(word) == 1 for word in words):
        return [part]
    found: list[str] = []
    index = 0
    while index < len(words):
        if len(words[index]) == 1 and index + 1 < len(words) and len(words[index + 1]) == 1:
            found.append(_as_it_stands(part, words[index], words[index + 1]))
            index += 2
        else:
            found.append(words[index])
            index += 1
    return found


def _as_it_stands(part: str, first: str, second: str) -> str:
    match = re.search(rf"{first}(\s+){second}", part)
    return match[0] if match else first + second


def _mixed(part: str) -> list[str]:
    """Han and Latin names beside each other are told apart where the script changes."""
    pieces = re.split(rf"(?<=[{_HAN}])\s+(?=[A-Za-z])|(?<=[A-Za-z.])\s+(?=[{_HAN}])", part)
    if len(pieces) == 1:
        return pieces
    return [name for piece in pieces for name in _split_spaces(piece.strip())]


def read_person(text: str) -> Person:
    """A person from `mail@host (Name)`, `Name <mail@host>`, an address alone, or a name."""
    text = " ".join(text.split()) if "\u3000" not in text else text.strip()
    if match := _EMAIL_NAME.fullmatch(text):
        return Person(match[2].strip(), email=match[1].removeprefix("mailto:"))
    if match := _NAME_EMAIL.fullmatch(text):
        return Person(match[1].strip() or match[2], email=match[2])
    if match := _EMAIL.fullmatch(text):
        return Person(match[1], email=match[1])
    return Person(text)


@lru_cache(maxsize=1024)  # a feed names the same few people again and again
def read_people(text: str) -> tuple[Person, ...]:
    """Everybody named in a text of an author element or a byline."""
    person = read_person(text)
    if person.email:
        return (person,)
    return tuple(read_person(name) for name in split_names(text))
