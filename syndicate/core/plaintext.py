"""Text out of HTML: of a body, of a title; and its first sentences.

The block and inline elements are those of the HTML standard's rendering section (15.3).
"""

from __future__ import annotations

import html as markup
import re
from functools import cache, lru_cache

import nh3

from syndicate.core.nesting import DEPTH_LIMIT, depth, strip_tags

# XML 1.0 (2.2) forbids the C0 controls, surrogates, U+FFFE and U+FFFF; DEL and C1 are controls too
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069\u206a-\u206f]")
_LINE_SPACES = "\n\r\t\f\v\u2028\u2029"
_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
        "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
        "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li",
        "listing", "main", "menu", "nav", "ol", "optgroup", "option", "p", "plaintext", "pre",
        "search", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul", "xmp"
    }
)  # fmt: skip
_CELLS = frozenset({"td", "th"})
_SILENT = frozenset(
    {
        "script", "style", "template", "head", "title", "iframe", "object", "applet", "noembed",
        "noframes", "svg", "math", "textarea", "select", "datalist", "audio", "video", "canvas"
    }
)  # fmt: skip


def xml_text(text: str) -> str:
    """The text without what an XML document may not hold, and without control characters."""
    # What is printable holds nothing forbidden; the pattern costs ten times as much
    if text.isprintable() or text.replace("\n", "").replace("\u3000", "").isprintable():
        return text
    return _FORBIDDEN.sub("", text).replace("\x85", "\n")


def to_text(html: str, *, cleaned: bool = False) -> str:
    """The text that a reader sees: a line a paragraph, list item or row; cells apart by a tab.

    No break stands where only an inline tag is; white space is collapsed but in `pre`. `cleaned`
    says that `sanitize.clean` wrote it, so that it need not be looked through first.
    """
    html = xml_text(html)
    if not cleaned and "<" in html and not _TIDY_HTML.fullmatch(html):
        if depth(html) > DEPTH_LIMIT:
            html = strip_tags(html)
        else:
            html = xml_text(_text_cleaner().clean(_NOSCRIPT.sub("", html)))
    pieces = _PRE.split(html) if "<pre" in html else [html]
    pieces[::2] = map(_collapse, pieces[::2])
    text = "".join(pieces)
    if "<" in text:
        text = _BLOCK.sub("\n", text)
        text = _CELL.sub("\t", text) if "<t" in text or "</t" in text else text
        text = _INLINE.sub("", text) if "<" in text else text
    return _tidy(xml_text(markup.unescape(text)) if "&" in text else text)


@cache
def _text_cleaner() -> nh3.Cleaner:
    """Not for what is published: it only brings any HTML into the form that is read here."""
    return nh3.Cleaner(
        tags=set(_BLOCKS | _CELLS | _PHRASES) - {"body"},
        clean_content_tags=set(_SILENT),
        attributes={},
        link_rel=None,
    )


def _collapse(text: str) -> str:
    """White space as HTML collapses it; `str.replace` is many times faster than a pattern."""
    for space in _LINE_SPACES:
        if space in text:
            text = text.replace(space, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def _tidy(text: str) -> str:
    text = text.replace("\xa0", " ")
    while "  " in text:
        text = text.replace("  ", " ")
    if "\t" in text:
        text = _TABS.sub("\t", text)
    return "\n".join(filter(None, (line.strip() for line in text.split("\n"))))


_PHRASES = frozenset(
    {
        "a", "b", "bdi", "br", "cite", "code", "em", "i", "img", "q", "rp", "rt", "ruby", "small",
        "span", "strong", "sub", "sup"
    }
)  # fmt: skip
_NOSCRIPT = re.compile(r"</?noscript[^<>]*>", re.IGNORECASE)
# As nh3 writes it, and holding nothing that shows no text: then the tags can be read one by one
_TIDY_HTML = re.compile(
    r"(?:[^<]++|</?(?!(?:" + "|".join(sorted(_SILENT)) + r")\b)[a-z][a-z0-9]*+"
    r'(?: [a-z-]++="[^"<>]*+")*+>)*+'
)
_PRE = re.compile(r"(<pre(?: [^<>]*)?>.*?</pre>)", re.DOTALL)
_BLOCK = re.compile(r"</?(?:" + "|".join(sorted(_BLOCKS | {"br"})) + r")(?: [^<>]*)?>")
_CELL = re.compile(r"</?t[dh](?: [^<>]*)?>")
_INLINE = re.compile(r"<[^<>]*>")
_TABS = re.compile(r" ?\t[ \t]*")


# What a browser could take for a tag: of a known name, or of any name with attributes
_KNOWN = (
    "a|abbr|acronym|address|applet|area|article|aside|audio|b|base|basefont|bdi|bdo|bgsound|big|"
    "blink|blockquote|body|br|button|canvas|caption|center|cite|code|col|colgroup|comment|data|"
    "datalist|dd|del|details|dfn|dialog|dir|div|dl|dt|em|embed|event-source|fieldset|figcaption|"
    "figure|font|footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|ilayer|image|img|"
    "input|ins|isindex|kbd|keygen|label|layer|legend|li|link|listing|main|map|mark|marquee|math|"
    "menu|menuitem|meta|meter|nav|nobr|noembed|noframes|noscript|object|ol|optgroup|option|output|"
    "p|param|picture|plaintext|portal|pre|progress|q|rp|rt|ruby|s|samp|script|section|select|slot|"
    "small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea|"
    "tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr|xml|xmp"
)
_TAG = re.compile(
    rf"<!--.*?(?:-->|\Z)|<[!?][^<>]*>|</?(?P<name>{_KNOWN})(?=[\s/>\x00-\x1f\"'=]|\Z)[^<>]*(?:>|\Z|(?=<))"
    r"|</?[a-z][^<>]*[=:][^<>]*>|<[a-z][^<>]*=[^<>]*\Z",
    re.IGNORECASE | re.DOTALL,
)
_HARMLESS = re.compile(
    r"</?(?:b|i|u|s|p|em|strong|sub|sup|br|hr|code|h[1-6]|li|ul|ol|div|span|tt|kbd|q|table|td|tr)\s*/?>",
    re.IGNORECASE,
)


def plain(text_or_html: str) -> str:
    """One line of plain text for a title, a name or a header; never markup that could act.

    Tags are taken out, entities decoded once; `Vector<int>` and `a < b` stay. Control characters,
    bidirectional overrides and invisible ones go; white space becomes one space, but U+3000
    (李　明) stays.
    """
    if len(text_or_html) <= _SHORT:  # names and categories come again and again
        return _plain_short(text_or_html)
    return _plain(text_or_html)


def _plain(text: str) -> str:
    text = xml_text(text)
    if "<" in text or "&" in text:
        text = _without_tags(text, harmless=True)
        if "&" in text:
            text = _without_tags(xml_text(markup.unescape(text)), harmless=False)
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
        if "<" in text:  # a tag whose name was hidden by what is invisible
            text = _without_tags(text, harmless=False)
    if "\u3000" not in text:
        return " ".join(text.split())
    return _ANY_SPACES.sub(_one_space, text).strip()


_SHORT = 60
_plain_short = lru_cache(maxsize=4096)(_plain)


def _without_tags(text: str, *, harmless: bool) -> str:
    """Without tags; `harmless` ones may be words in a title once entities are decoded."""

    def gone(match: re.Match[str]) -> str:
        if not harmless and _HARMLESS.fullmatch(match[0]):
            return match[0]
        return " " if (match["name"] or "").lower() in _BREAKING else ""

    for _ in range(4):  # `<scr<b>ipt>` makes a new tag of what is left
        before, text = text, _TAG.sub(gone, text)
        if before == text:
            return text
    return text.replace("<", "")


def _one_space(match: re.Match[str]) -> str:
    return "\u3000" if "\u3000" in match[0] else " "


_ANY_SPACES = re.compile(r"\s+")
_BREAKING = _BLOCKS | _CELLS | {"br"}

_SENTENCE_ENDS = "。！？!?…；;"
_CLOSERS = "”’」』）)】》〉\"'"
_NO_START = "，。、；：？！”’）》」』】〉…—,.;:?!)]}%％"
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]+")  # regional indicators
_JOINED = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e31\u0e34-\u0e3a"
    "\u0e47-\u0e4e\u0900-\u0903\u093a-\u094f\u1ab0-\u1aff\u1dc0-\u1dff\u200d\u20d0-\u20ff\u302a-\u302f\u3099\u309a\ufe00-\ufe0f"
    "\ufe20-\ufe2f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef\U000e0020-\U000e007f]"
)


def shorten(text: str, limit: int) -> str:
    """One line of at most `limit` characters, ending in … where something was left out.

    Cut after a sentence when one ends in the second half, else between words; never inside a
    character with its combining marks.
    """
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    end = _boundary(text, limit - 1)
    sentence = _sentence_end(text, end)
    head = text[: sentence or end].rstrip(" \u3000，,、；;：:—-")
    return head + "…" if not head.endswith("…") else head


def _boundary(text: str, at: int) -> int:
    """The last place at or before `at` where a line may be cut."""
    while at > 0 and (_is_joined(text, at)):
        at -= 1
    floor = max(0, at - 40)
    word = at
    while word > floor and _inside_word(text, word):
        word -= 1
    if word > floor or (floor == 0 and word > 0):
        at = word
    while at > 1 and text[at] in _NO_START:
        at -= 1
    return at


def _is_joined(text: str, at: int) -> bool:
    if _FLAG.match(text[at]):  # two letters make a flag: which pairs they are is told from before
        before = _FLAG.match(text[at - 1 :: -1])
        return before is not None and len(before[0]) % 2 == 1
    return bool(_JOINED.match(text[at]) or text[at - 1] == "\u200d")


def _inside_word(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    return _is_latin(before) and _is_latin(after)


def _is_latin(char: str) -> bool:
    return (
        char.isalnum() or char in "'’-_.@" or bool(_JOINED.match(char))
    ) and not "\u2e80" <= char <= "\U0003ffff"


def _sentence_end(text: str, end: int) -> int:
    """Just after the last sentence that ends in the second half before `end`; 0 for none."""
    for at in range(end, max(end // 2, 1), -1):
        mark = text[at - 1]
        if mark in _CLOSERS and at > 1 and text[at - 2] in _SENTENCE_ENDS + ".":
            mark = text[at - 2]
        if mark in _SENTENCE_ENDS:
            if at < len(text) and text[at] in _CLOSERS:
                continue
            return at
        if mark == "." and at < len(text) and text[at] == " " and text[at - 2 : at - 1].islower():
            return at
    return 0
