"""URLs as keys for comparing. What is fetched, printed and linked is always the URL as given.

Two addresses of one page are one key: http and https, www., default ports, tracking parameters,
fragments, `index.html` and a last slash aside.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

# Parameters that say how a reader came, not what he reads
_TRACKING = re.compile(
    r"utm_.+|spm|scm|fbclid|gclid|dclid|msclkid|yclid|mc_[ce]id|igshid|_hs(enc|mi)|mkt_tok|ref_src"
    r"|from|isappinstalled|nsukey|share_(token|source|medium|from)|sharer?_?(id|uid)?|wfr|vd_source"
    r"|chksm|scene|srcid|sessionid|clicktime|enterid|cmpid|ncid|ocid|oly_(anon|enc)_id|vero_(conv|id)|wickedid|_openstat|at_(medium|campaign)"
)
# `from` means something on most sites; only these values are a messenger's
_MESSENGERS = frozenset({"singlemessage", "timeline", "groupmessage", "message", "wechat", "qq"})
_INDEX = re.compile(r"/(index|default)\.(html?|shtml|php|aspx?|jsp)$", re.I)
_WECHAT = ("__biz", "mid", "idx", "sn")
_SAFE_PATH = "/:@!$&'()*+,;=~-._"
_DEFAULT_PORTS = {80, 443}


# An address with nothing to decode, order or leave out, but what `_INDEX` and `www.` are for
_SIMPLE = re.compile(r"https?://(?:www\.)?((?:[a-z0-9-]+\.)*[a-z0-9-]+)((?:/[A-Za-z0-9_.~-]+)*)/?")


@lru_cache(maxsize=4096)
def canonical(url: str) -> str:
    """The key of a web address; what is no web address is its own key. Never raises."""
    text = url.strip()
    simple = _SIMPLE.fullmatch(text)
    if simple and not _INDEX.search(simple[2]):
        return f"//{simple[1]}{simple[2]}"
    try:
        parts = urlsplit(text)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
            return text
        return _key(parts)
    except ValueError:
        return text


def _key(parts: SplitResult) -> str:
    host = _host(parts.hostname or "")
    port = f":{parts.port}" if parts.port and parts.port not in _DEFAULT_PORTS else ""
    path = _INDEX.sub("/", quote(unquote(parts.path), safe=_SAFE_PATH)).rstrip("/")
    query = _query(host, parts.query)
    fragment = f"#{parts.fragment}" if parts.fragment.startswith("!") else ""
    return f"//{host}{port}{path}{'?' + query if query else ''}{fragment}"


def _host(host: str) -> str:
    host = host.rstrip(".").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return host
    return host.removeprefix("www.")


def _query(host: str, query: str) -> str:
    if not query:
        return ""
    pairs = parse_qsl(query, keep_blank_values=True)
    if host == "mp.weixin.qq.com" and any(name == "__biz" for name, _ in pairs):
        pairs = [(name, value) for name, value in pairs if name in _WECHAT]
    kept = [(name, value) for name, value in pairs if not _is_tracking(name.lower(), value)]
    return urlencode(sorted(kept))


def _is_tracking(name: str, value: str) -> bool:
    if name == "from":
        return value.lower() in _MESSENGERS
    return bool(_TRACKING.fullmatch(name))


# A path from the root of a site, with nothing to resolve in it, and a base that has such a root
_ROOTED = re.compile(
    r"/(?!/)(?!\.)(?:[A-Za-z0-9_~%:@!$&'()*+,=-]|(?<!/)\.|/(?!\.))*(?:\?[A-Za-z0-9_~%:@!$&'()*+,=./-]+)?"
)
_SITE = re.compile(r"https?://[A-Za-z0-9.:-]+(?=[/?#]|$)")


def join(base: str, url: str) -> str:
    """`urllib.parse.urljoin`, which takes ten times as long for what most links of a feed are.

    Raises ValueError as it does.
    """
    if _ROOTED.fullmatch(url) and (root := _SITE.match(base)):
        return root[0] + url
    return urljoin(base, url)


def without_feed_scheme(url: str) -> str:
    """The web address that `feed://host/…` or `feed:https://…` stands for in old lists."""
    if url[:5].lower() != "feed:":
        return url
    rest = url[5:]
    return f"http:{rest}" if rest.startswith("//") else rest


_WEB = re.compile(r"https?://[^/\s?#]+", re.I)


def is_web(url: str | None) -> bool:
    """Whether it is an http or https address with a host."""
    return bool(url) and bool(_WEB.match(url or ""))


def host(url: str | None) -> str:
    """The host of an address without `www.`, "" where there is none."""
    try:
        return _host(urlsplit(url or "").hostname or "")
    except ValueError:
        return ""


def domain(url: str | None) -> str:
    """The registered domain of an address (`news.example.gov.cn`: `example.gov.cn`).

    By the public suffix list that tldextract ships, without any network; the host itself where
    it has none (an IP address, `localhost`), "" where there is no host.
    """
    name = host(url)
    return (_extract()(name).top_domain_under_public_suffix or name) if name else ""


@cache
def _extract() -> Any:
    import tldextract  # 65 ms, and the 180 ms of requests behind it

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def site(url: str | None) -> str:
    """The address of the site that a page is on: scheme and host with a slash, "" for none."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}/" if parts.netloc and parts.scheme else ""
