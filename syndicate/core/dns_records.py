"""What a domain's SPF, DKIM and DMARC records say, and what is missing for our mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from syndicate.settings import Dkim

Txt = Callable[[str], list[str]]


def advice(domain: str, dkim: Dkim, txt: Txt) -> Iterator[str]:
    """One sentence for each record that is missing or weak (RFC 7208, 6376, 7489)."""
    spf = [record for record in txt(domain) if record.lower().startswith("v=spf1")]
    if not spf:
        yield f"{domain} has no SPF record: receivers cannot tell who may send for it"
    elif len(spf) > 1:
        yield f"{domain} has {len(spf)} SPF records, which counts as none (RFC 7208, 4.5)"
    yield from _dkim(domain, dkim, txt)
    dmarc = [r for r in txt(f"_dmarc.{domain}") if r.lower().startswith("v=dmarc1")]
    if not dmarc:
        yield f"_dmarc.{domain} has no DMARC record; large receivers ask for one"


def _dkim(domain: str, dkim: Dkim, txt: Txt) -> Iterator[str]:
    if not dkim.domain:
        yield "messages are not signed: mail.dkim is not set"
        return
    name = f"{dkim.selector}._domainkey.{dkim.domain}"
    if not any("p=" in record for record in txt(name)):
        yield f"{name} has no public key, so that no signature can be checked"
    if domain != dkim.domain and not domain.endswith(f".{dkim.domain}"):
        yield f"signatures are by {dkim.domain}, which does not align with {domain} (RFC 7489)"
