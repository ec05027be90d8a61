"""Saved WeChat articles: their marks are the same on every page, so they are read by them.

Author and account stand beside each other without any label or space, which a reader of labels
would take for one name.
"""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from syndicate.core.labels import Labelled

_ACCOUNT = "#js_name"
_CONTENT = "#js_content"
_MARKS = (
    ("source", _ACCOUNT),
    ("author", "#js_author_name, #js_author_name_text, span.rich_media_meta_text"),
    ("published", "#publish_time"),
)


def labelled(tree: LexborHTMLParser) -> Iterator[Labelled]:
    """The account (as source), author and date of a WeChat article; nothing for other pages."""
    if tree.css_first(_ACCOUNT) is None:
        return
    for field, selector in _MARKS:
        if text := _text(tree.css_first(selector)):
            yield Labelled(field, f"WeChat's {selector.split(',')[0]}", text)


def content(tree: LexborHTMLParser) -> str | None:
    """The HTML of a WeChat article's own content; None for other pages."""
    if tree.css_first(_ACCOUNT) is None:
        return None
    node = tree.css_first(_CONTENT)
    if node is None or not _text(node):
        return None
    return "".join(child.html or "" for child in node.iter(include_text=True))


def _text(node: LexborNode | None) -> str:
    return " ".join(node.text().split()) if node is not None else ""
