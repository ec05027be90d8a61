"""Articles from files and fetched pages: Markdown, saved HTML, plain-text dumps."""

from __future__ import annotations

from dataclasses import replace

from syndicate.core import decode, dump, markdown, portal
from syndicate.errors import ParseError
from syndicate.model import ParsedEntry

read_dump = dump.read_dump
read_page = portal.read_page

_MARKDOWN = (".md", ".markdown")
_HTML = (".html", ".htm", ".xhtml")


def read_file(name: str, data: bytes) -> ParsedEntry:
    """The article in a file of a folder source, by its suffix.

    ParseError where it is empty or its front matter is broken.
    """
    is_html = name.lower().endswith(_HTML)
    text, problems = decode.decode(data, None, xml=is_html)
    if not text.strip():
        raise ParseError("is empty", where=name)
    if name.lower().endswith(_MARKDOWN):
        parsed = markdown.read_markdown(text, name)
    elif is_html or text.lstrip()[:15].lower().startswith(("<!doctype html", "<html")):
        parsed = portal.read_page(text, None)
    else:
        parsed = dump.read_dump(text)
    if not parsed.title and not parsed.content_html:
        raise ParseError("no article in it", where=name)
    return replace(parsed, problems=(*parsed.problems, *problems)) if problems else parsed
