"""Newsletters: the bytes of a mail -> an entry, without what concerns its recipient alone.

Headers say who sent it (List-Id, else From), when (Date) and as what (Message-ID). Of the parts
the HTML is taken, its counting pixels, hidden lines, and links to unsubscribe or to look at it in
a browser left out; the last is its link. All other links stay as they were given.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from syndicate.core import dates, decode, nesting, normalize, plaintext, received, urls
from syndicate.core.prepared import Prepared
from syndicate.errors import ParseError
from syndicate.model import Attribution, Evidence, ParsedEntry, Person, Publisher

_LONGEST_HEADER = 16_384  # characters
_PARTS = 200  # looked at in one message
_SHORT = 240  # characters; a block with such a link that is longer is the letter's own
_UNSUBSCRIBE = re.compile(
    r"unsubscrib|opt[ -]?out|退订|退閱|取消(?:此|本)?(?:订阅|訂閱|关注)|"
    r"(?:manage|update|change|edit|e-?mail)\s+(?:your\s+|my\s+)?"
    r"(?:(?:e-?mail|subscription|newsletter)\s+)?(?:preferences|settings|subscriptions?)|"
    r"不想再收到|不再接收|订阅(?:管理|设置)|管理订阅|邮件设置|no longer (?:wish|want) to receive",
    re.I,
)
_BROWSER = re.compile(
    r"(?:view|read|open|see)\b.{0,40}\b(?:in|on|with)\s+(?:your\s+|a\s+|the\s+)?(?:web\s*)?"
    r"(?:browser|web|site)|(?:view|read)\s+(?:it\s+|this\s+)?online|web\s+version|"
    r"(?:having )?trouble (?:viewing|reading)|not display(?:ed|ing) (?:correctly|properly)|"
    r"(?:在)?(?:浏览器|網頁|网页)(?:中|版|上)?(?:查看|打开|阅读|閱讀|浏览|檢視)?|"
    r"(?:查看|阅读)(?:网页版|在线版)|在线(?:阅读|查看)|(?:无法|不能)正常(?:显示|浏览|查看)",
    re.I,
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*[01](?:px)?\s*(?:;|!|$)"
    r"|max-height\s*:\s*0",
    re.I,
)
_PIXEL_STYLE = re.compile(r"(?:^|;)\s*(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|!|$)", re.I)
_COUNTER = re.compile(
    r"/(?:track(?:ing)?|wf|e|ss|api/track)/(?:open|o|v)\b|/open(?:\.php|\.aspx|\.gif)\b|/beacon\b"
    r"|/pixel(?:\.gif|\.png|/|\?|$)|open\.convertkit|/o\.gif",
    re.I,
)
_WORD = 12  # characters; a link with a shorter text may be just "here"
_BLOCKS = frozenset({"p", "td", "li", "div", "tr", "table", "center", "section", "footer", "span"})
_URL = re.compile(r"https?://[^\s<>\"'）)】]+")
_ANGLED = re.compile(r"<([^<>]*)>")
_ARCHIVE_HOSTS = re.compile(r"(?:^|\.)(?:campaign-archive\.com|mailchi\.mp)$")


def prepare(data: bytes, zone: str) -> Prepared | None:
    """A newsletter, prepared for the database; None for what is none (see `read`)."""
    parsed = read(data)
    if parsed is None:
        return None
    made = normalize.prepare(parsed, zone=zone, base=parsed.link)
    return replace(made, received=(received.whole("letter", data, parsed.id or ""),))


def read(data: bytes) -> ParsedEntry | None:
    """The entry that a mail is; None for automatic replies and delivery reports.

    Raises ParseError where there is nothing to read in it.
    """
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    if is_automatic(message):
        return None
    html, text = _bodies(message)
    letter = _Html.of(html, message) if html.strip() else None
    if letter is not None and letter.text.strip():
        content, browser = letter.html, letter.browser
    elif text.strip():
        content, browser = _from_text(text)
    else:
        raise ParseError("there is no text in the mail")
    said, evidence = _attribution(message)
    given, published = header(message, "Date"), dates.read_date(header(message, "Date"))
    return ParsedEntry(
        id=message_id(message),
        link=_archived(message) or browser,
        title=header(message, "Subject"),
        content_html=content,
        attribution=replace(said, published=published),
        language=header(message, "Content-Language").partition(",")[0].strip() or None,
        evidence=evidence,
        raw_dates=(("published", given),) if given and published is None else (),
    )


def is_automatic(message: Message) -> bool:
    """Whether a mail is an answer that no person wrote (RFC 3834), or a delivery report."""
    automatic = header(message, "Auto-Submitted").lower().partition(";")[0].strip()
    return (
        automatic == "auto-replied"
        or message.get_content_type() == "multipart/report"
        or bool(message.get("X-Autoreply") or message.get("X-Autorespond"))
        or header(message, "Return-Path").strip() == "<>"
    )


def header(message: Message, name: str) -> str:
    """A header as one line of text, whatever its encoding; "" where there is none."""
    return _decoded(raw(message, name))


def raw(message: Message, name: str) -> str:
    """The first header of that name as it came, up to a length that nobody needs; bytes beyond
    ASCII are surrogates. The standard library takes minutes for a megabyte of encoded words."""
    named = (str(value) for key, value in message.raw_items() if key.lower() == name.lower())
    return next(named, "")[:_LONGEST_HEADER]


def _decoded(value: str) -> str:
    try:
        pieces = decode_header(value)
    except (ValueError, LookupError):
        pieces = [(value, None)]
    return " ".join("".join(_piece(piece, charset) for piece, charset in pieces).split())


def _piece(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):  # bytes beyond ASCII without encoding come as surrogates
        if piece.isascii():
            return piece
        piece = piece.encode("utf-8", "surrogateescape")
    return decode.decode(piece, f"text/plain; charset={charset or 'utf-8'}", xml=False)[0]


def message_id(message: Message) -> str | None:
    """The Message-ID without its brackets."""
    return "".join(str(message.get("Message-ID") or "").split()).strip("<>") or None


# --- who ------------------------------------------------------------------------------------


def _attribution(message: Message) -> tuple[Attribution, tuple[Evidence, ...]]:
    """List-Id names the source, From whoever wrote it; alone, From names the source."""
    name, address = _sender(message)
    listed = _list_name(message)
    site = _list_site(message)
    if listed:
        source = Publisher(name=listed, url=site)
        is_other = name and _folded(name) != _folded(listed)
        authors = (Person(name),) if is_other else ()
        evidence = [Evidence("source", "the List-Id of the mail", listed)]
        if is_other:
            evidence.append(Evidence("authors", "the From of the mail", name))
        return Attribution(source=source, authors=authors), tuple(evidence)
    shown = name or address.rpartition("@")[2]
    if not shown:
        return Attribution(), ()
    evidence = [Evidence("source", "the From of the mail", shown)]
    return Attribution(source=Publisher(name=shown, url=site)), tuple(evidence)


def _sender(message: Message) -> tuple[str, str]:
    """Name and address of From. Raw, so that a comma in an encoded name splits nothing."""
    name, address = next(iter(getaddresses([raw(message, "From")])), ("", ""))
    shown = plaintext.plain(_decoded(name)).strip("\"' ")
    return ("" if "@" in shown else shown), address


def _list_name(message: Message) -> str:
    """The phrase of List-Id (RFC 2919); its identifier is for machines."""
    text = header(message, "List-Id")
    phrase = _ANGLED.sub("", text).strip().strip('"').strip()
    return "" if phrase.startswith("<") or _is_identifier(phrase) else plaintext.plain(phrase)


def _is_identifier(phrase: str) -> bool:
    return not phrase or bool(re.fullmatch(r"[\w-]+(\.[\w-]+)+|[0-9a-f]{16,}.*", phrase))


def _list_site(message: Message) -> str | None:
    """The site of a list: where its archive is."""
    for address in _ANGLED.findall(header(message, "List-Archive")):
        if urls.is_web(address.strip()):
            return str(address.strip())
    return None


def _archived(message: Message) -> str | None:
    """The permanent address of this very message (RFC 5064)."""
    text = header(message, "Archived-At").strip("<> ")
    return text if urls.is_web(text) else None


def _folded(text: str) -> str:
    return "".join(text.split()).casefold()


# --- parts ----------------------------------------------------------------------------------


def _bodies(message: Message) -> tuple[str, str]:
    """The first HTML and the first plain text that are no attachments."""
    html = text = ""
    for part in _texts(message):
        kind = part.get_content_type()
        if kind == "text/html" and not html:
            html = body_text(part)
        elif kind == "text/plain" and not text:
            text = body_text(part)
        if html:
            break
    return html, text


def _texts(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number >= _PARTS:
            return
        if part.get_content_maintype() == "text" and part.get_content_disposition() != "attachment":
            yield part


def body_text(part: Message) -> str:
    """The text of a part, whatever its declaration says."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_param("charset")
    is_told = isinstance(charset, str) and (
        payload.isascii() or charset.lower() not in ("us-ascii", "ascii")
    )
    named = f"text/html; charset={charset}" if is_told else None
    return decode.decode(payload, named)[0]


# --- HTML -----------------------------------------------------------------------------------


class _Html:
    """The HTML part of a letter, cleaned of what is the recipient's."""

    def __init__(self, tree: LexborHTMLParser, unsubscribe: frozenset[str]) -> None:
        self._tree, self._unsubscribe = tree, unsubscribe
        self.browser: str | None = None

    @classmethod
    def of(cls, html: str, message: Message) -> _Html:
        if nesting.depth(html) > nesting.DEPTH_LIMIT:
            html = escape(nesting.strip_tags(html))
        ways = _ANGLED.findall(header(message, "List-Unsubscribe"))
        made = cls(LexborHTMLParser(html), frozenset(way.strip() for way in ways))
        made._clean()
        return made

    @property
    def html(self) -> str:
        body = self._tree.body
        return "".join(n.html or "" for n in body.iter(include_text=True)) if body else ""

    @property
    def text(self) -> str:
        return plaintext.to_text(self.html)

    def _clean(self) -> None:
        tree = self._tree
        hidden = [n for n in tree.css("[style]") if _HIDDEN.search(n.attributes.get("style") or "")]
        _drop([*tree.css("style, script, head title, meta, link"), *hidden])
        _drop([n for n in tree.css("img") if _is_pixel(n)])
        whole = len(plaintext.plain(tree.body.text(separator=" "))) if tree.body else 0
        _drop([n for a in tree.css("a[href]") if (n := self._personal(a, whole)) is not None])

    def _personal(self, link: LexborNode, whole: int) -> LexborNode | None:
        """What is to go where a link concerns its recipient alone: the link, or its block."""
        address = (link.attributes.get("href") or "").strip()
        text = plaintext.plain(link.text(separator=" "))
        block = _block(link)
        around = plaintext.plain(block.text(separator=" ")) if block is not None else text
        if _speaks(_BROWSER, text, around):
            if self.browser is None and urls.is_web(address):
                self.browser = _for_anybody(address)
        elif address not in self._unsubscribe and not _speaks(_UNSUBSCRIBE, text, around):
            return None
        is_small = len(around) < _SHORT and len(around) * 2 < whole
        return block if block is not None and is_small and not _has_more(block) else link


def _speaks(pattern: re.Pattern[str], text: str, around: str) -> bool:
    """Whether a link's text says something; one such as "here", what stands around it."""
    if len(text) >= _SHORT:
        return False
    return bool(
        pattern.search(text)
        or (len(text) < _WORD and len(around) < _SHORT and pattern.search(around))
    )


def _drop(nodes: Sequence[LexborNode]) -> None:
    """Take nodes out of their tree. The outermost alone: those within go with them, and must not
    be touched any more."""
    chosen = {node.mem_id: node for node in nodes if node.tag not in ("html", "body")}
    outermost = []
    for node in chosen.values():
        above = node.parent
        while above is not None and above.mem_id not in chosen:
            above = above.parent
        if above is None:
            outermost.append(node)
    for node in outermost:
        node.decompose()


def _block(node: LexborNode) -> LexborNode | None:
    """The smallest block that a link stands in."""
    parent = node.parent
    while parent is not None and parent.tag not in _BLOCKS:
        if parent.tag in ("body", "html"):
            return None
        parent = parent.parent
    return parent


def _has_more(block: LexborNode) -> bool:
    """Whether a block holds other things than links for the recipient: pictures, other links."""
    if block.css_first("img") is not None:
        return True
    for link in block.css("a[href]"):
        text = plaintext.plain(link.text())
        if text and not (_UNSUBSCRIBE.search(text) or _BROWSER.search(text)) and len(text) >= _WORD:
            return True
    return False


def _is_pixel(node: LexborNode) -> bool:
    given = node.attributes
    sizes = [(given.get(side) or "").strip().removesuffix("px") for side in ("width", "height")]
    if any(size in ("0", "1") for size in sizes):
        return True
    if _PIXEL_STYLE.search(given.get("style") or ""):
        return True
    return bool(_COUNTER.search(given.get("src") or "")) and not given.get("alt")


def _for_anybody(address: str) -> str:
    """The address of an archived campaign without the parameter that names a recipient."""
    parts = urlsplit(address)
    if not _ARCHIVE_HOSTS.search(parts.hostname or ""):
        return address
    kept = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != "e"]
    return urlunsplit(parts._replace(query=urlencode(kept)))


# --- plain text -----------------------------------------------------------------------------


@dataclass(slots=True)
class _Lines:
    """The lines of a letter as they are passed through, and what they said of a browser.

    `dropped` is the pattern for which the line before went; an address alone after it goes too.
    """

    browser: str | None = None
    dropped: re.Pattern[str] | None = None
    kept: list[str] = field(default_factory=list)

    def take(self, line: str) -> None:
        found = _URL.search(line)
        is_short = len(line) < _SHORT
        spoken = next((p for p in (_BROWSER, _UNSUBSCRIBE) if is_short and p.search(line)), None)
        if spoken is None and self.dropped and found and found[0] == line.strip("<> "):
            spoken = self.dropped
        if spoken is None:
            self.dropped = self.dropped if not line.strip() else None
            self.kept.append(line)
            return
        if spoken is _BROWSER and found and self.browser is None:
            self.browser = _for_anybody(found[0])
        self.dropped = None if found else spoken


def _from_text(text: str) -> tuple[str, str | None]:
    """A plain text as HTML, and the address at which it may be seen in a browser."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").partition("\n-- \n")[0]
    lines = _Lines()
    for line in text.split("\n"):
        lines.take(line)
    blocks = re.split(r"\n[ \t]*\n", "\n".join(lines.kept))
    paragraphs = ("<br>".join(map(_linked, b.strip("\n").split("\n"))) for b in blocks if b.strip())
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs), lines.browser


def _linked(line: str) -> str:
    """A line as HTML, its addresses as links."""
    made, at = [], 0
    for match in _URL.finditer(line):
        address = match[0].rstrip(".,;:!?。，；：！？")
        made.append(escape(line[at : match.start()], quote=False))
        made.append(f'<a href="{escape(address)}">{escape(address, quote=False)}</a>')
        at = match.start() + len(address)
    return "".join(made) + escape(line[at:], quote=False)
