"""What a source's machine-readable words forbid and reserve: read, joined, and what follows here.

Read are the robots directives of a page (its meta tag, its X-Robots-Tag header) and of a feed
(`xhtml:meta`, Bloglines' `access:restriction`), TDMRep's reservation (header, meta tag), and
policies in ODRL, RightsML or RSL, linked or embedded. All of it is passed on; `noindex` and
`nosnippet` are kept to here too. The X-Robots-Tag of a feed says that the feed itself should not
be found by search engines, as most blogs send it, and nothing of its entries.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from syndicate.core.plaintext import plain
from syndicate.model import Terms

# Of the directives that are in use those that forbid; `index`, `follow` and `all` are no terms.
# `none` is `noindex, nofollow`; noai and noimageai are DeviantArt's, which others took up.
_FORBIDDING = frozenset(
    {
        "noindex", "nofollow", "noarchive", "nocache", "nosnippet", "noimageindex",
        "notranslate", "noai", "noimageai"
    }
)  # fmt: skip
_VALUED = re.compile(
    r"(max-snippet|max-video-preview):\s*(-?\d{1,6})"
    r"|(max-image-preview):\s*(none|standard|large)"
    r"|(unavailable_after):\s*([^<>\"]{4,40})",
    re.I,
)
_AGENT = re.compile(r"\s*([A-Za-z][\w-]*)\s*:")
_PREVIEWS = ("max-snippet", "max-video-preview", "max-image-preview", "unavailable_after")
# No word alone says which languages a media type is of; these are policies that machines read
POLICY_TYPES = frozenset(
    {"application/rsl+xml", "application/odrl+xml", "application/odrl+json", "application/ld+json"}
)
_ODRL = "http://www.w3.org/ns/odrl"
_LONGEST = 16_000  # characters of an embedded policy; a longer one is left out, not cut
DENIED = ("noindex", "noarchive", "nosnippet")  # what `access:restriction relationship=deny` means


def directives(text: str) -> tuple[str, ...]:
    """The forbidding directives of a robots meta tag, each once, in the order of the text.

    A comma ends a directive, except within the date of `unavailable_after`, which is read to the
    end where it holds one (RFC 850). Unknown ones are left out.
    """
    found: list[str] = []
    for word in text.split(","):
        name = plain(word).strip().lower()
        valued = _VALUED.fullmatch(name)
        if name == "none":
            found += ["noindex", "nofollow"]
        elif name in _FORBIDDING:
            found.append(name)
        elif valued:
            key, _, value = name.partition(":")
            found.append(f"{key}:{value.strip()}")
    return tuple(dict.fromkeys(found))


def of_headers(headers: Mapping[str, str]) -> Terms:
    """What the answer to a request for a page says: X-Robots-Tag for everyone, and TDMRep."""
    said = ",".join(_for_everyone(headers.get("x-robots-tag", "")))
    return Terms(
        robots=directives(said),
        tdm=reservation(headers.get("tdm-reservation")),
        tdm_policy=_web(headers.get("tdm-policy")),
    )


def _for_everyone(text: str) -> Iterable[str]:
    """The directives that are not for one crawler: `googlebot: noindex` begins with its name,
    and holds until the next name."""
    named = False
    for word in text.split(","):
        agent = _AGENT.match(word)
        if agent and agent[1].lower() not in _PREVIEWS:
            named = True
        if not named:
            yield word


def of_metas(metas: Mapping[str, str]) -> Terms:
    """What the meta tags of a page say, by their names in lower case."""
    return Terms(
        robots=directives(metas.get("robots", "")),
        tdm=reservation(metas.get("tdm-reservation")),
        tdm_policy=_web(metas.get("tdm-policy")),
    )


def reservation(text: str | None) -> bool | None:
    """TDMRep's tdm-reservation: 1 or 0; None where it says neither, which means unset."""
    return {"1": True, "0": False}.get((text or "").strip())


def policy(rel: str, type: str, url: str | None) -> Terms:
    """A link to a policy that machines read; no terms where it is none of those."""
    kind = type.partition(";")[0].strip().lower()
    words = rel.lower().split()
    is_policy = "odrl:haspolicy" in words or f"{_ODRL}/2/haspolicy" in words
    if not is_policy and not ("license" in words and kind in POLICY_TYPES):
        return Terms()
    found = _web(url)
    return Terms(policy=found, policy_type=kind if found else "")


def embedded(text: str) -> Terms:
    """A policy that stands in the page or feed itself, word for word."""
    return Terms(expression=text) if text and len(text) <= _LONGEST else Terms()


def of_json_ld(data: Any) -> Terms:
    """The ODRL policy in a JSON-LD object: the object itself, or what its `hasPolicy` says."""
    if not isinstance(data, dict):
        return Terms()
    stated = data.get("odrl:hasPolicy") or data.get("hasPolicy") or data.get(f"{_ODRL}/2/hasPolicy")
    if isinstance(stated, str):
        found = _web(stated)
        return Terms(policy=found, policy_type="application/ld+json" if found else "")
    if isinstance(stated, dict):
        stated = {"@context": f"{_ODRL}.jsonld", **stated}
    elif _ODRL in json.dumps(data.get("@context", "")) and _is_policy(data):
        stated = data
    return embedded(json.dumps(stated, ensure_ascii=False)) if stated else Terms()


def _is_policy(data: dict[str, Any]) -> bool:
    return any(name in data for name in ("permission", "prohibition", "obligation"))


def joined(*said: Terms) -> Terms:
    """Several statements about one entry: all that any of them forbids; of what only one can
    hold, the first."""
    known = [terms for terms in said if terms]
    if len(known) < 2:
        return known[0] if known else Terms()
    first = next((terms for terms in known if terms.policy), Terms())
    reserving = next((terms for terms in known if terms.tdm is not None), Terms())
    return Terms(
        robots=tuple(dict.fromkeys(word for terms in known for word in terms.robots)),
        tdm=reserving.tdm,
        tdm_policy=reserving.tdm_policy
        or next((t.tdm_policy for t in known if t.tdm_policy), None),
        policy=first.policy,
        policy_type=first.policy_type,
        expression=next((terms.expression for terms in known if terms.expression), ""),
    )


def snippet(terms: Terms) -> int | None:
    """How many characters of the text may be shown as a summary; None: as many as we like."""
    if terms.forbids("nosnippet"):
        return 0
    sizes = [int(word.partition(":")[2]) for word in terms.robots if word.startswith("max-snippet")]
    return min((size for size in sizes if size >= 0), default=None)


def words(said: Terms) -> str:
    """The terms in words, as history shows them."""
    parts = [f"robots {', '.join(said.robots)}"] if said.robots else []
    if said.tdm is not None:
        parts.append("text and data mining " + ("reserved" if said.tdm else "not reserved"))
    parts += [f"policy {url}" for url in (said.tdm_policy, said.policy) if url]
    parts += ["a policy that came with it"] if said.expression else []
    return "; ".join(parts) or "none"


def robots_text(terms: Terms, *, noindex: bool = False) -> str:
    """The content of our robots meta tag: the source's directives and our own; "" for none."""
    words = ("noindex", *terms.robots) if noindex else terms.robots
    return ", ".join(dict.fromkeys(words))


def _web(url: str | None) -> str | None:
    cleaned = plain(url or "").replace(" ", "%20")
    return cleaned if cleaned.lower().startswith(("http://", "https://")) else None
