"""The footer: a short block at the end of an item's content that says where it comes from.

Most readers show nothing else of an attribution (issue 6), so that it says everything once more
in the site's language.
"""

from __future__ import annotations

from html import escape
from typing import Any

from syndicate.core.outgoing import Outgoing, href
from syndicate.core.plaintext import xml_text
from syndicate.core.timing import last

_LABELS = {
    "zh": {
        "source": "来源", "authors": "作者", "original": "原文链接", "published": "发布时间",
        "labels": "标注", "editor": "责任编辑", "site_editor": "本站责任编辑", "title": "原标题",
        "expires": "有效期至", "via": "转载自", "also": "另见", "rights": "版权", "notices": "声明",
        "colon": "：", "comma": "、",
    },
    "en": {
        "source": "Source", "authors": "Author", "original": "Original", "published": "Published",
        "labels": "Marked as", "editor": "Editor", "site_editor": "Editor at this site",
        "title": "Original title", "expires": "Valid until", "via": "Via",
        "also": "Also published by", "rights": "Rights", "notices": "Notices", "colon": ": ",
        "comma": ", ",
    },
}  # fmt: skip


def labels(language: str) -> dict[str, str]:
    return _LABELS["zh" if language.lower().startswith("zh") else "en"]


def anchor(text: str | None, url: str | None) -> str:
    """A link, or plain text where there is no address."""
    shown = escape(text or url or "")
    return f'<a href="{escape(url)}">{shown}</a>' if url else shown


def footer(out: Outgoing) -> str:
    """The block as HTML; kept with the entry, as every format asks for it."""
    kept = vars(out)
    if "footer" not in kept:
        kept["footer"] = _footer(out)
    return str(kept["footer"])


def _footer(out: Outgoing) -> str:
    said, words = out.said, labels(out.site.language)
    rows = _rows(out, said, words)
    lines = [f"{words[name]}{words['colon']}{html}" for name, html in rows if html]
    parts = ["<hr>", f"<p>{'<br>'.join(lines)}</p>"] if lines else []
    parts += [f"<p><small>{_text(text)}</small></p>" for text in notices(out, said)]
    return "".join(parts)


def _rows(out: Outgoing, said: dict[str, Any], words: dict[str, str]) -> list[tuple[str, str]]:
    source = said["source"]
    comma = words["comma"]
    rights = comma.join(
        anchor(value, href(value))
        for value in dict.fromkeys((said["rights"], said["licence"]))
        if value
    )
    return [
        ("labels", comma.join(map(escape, out.labels))),
        ("source", anchor(source["name"], source["url"])),
        ("authors", comma.join(anchor(p["name"], p["url"]) for p in said["authors"])),
        ("editor", escape(said["editor"] or "")),
        ("site_editor", escape(out.editor)),
        ("title", escape(out.original_title)),
        ("original", anchor(out.original, out.original) if out.original else ""),
        ("published", escape(said["published"] or "").replace("T", " ")),
        ("expires", last(out.entry.expires, out.zone) if out.entry.expires else ""),
        ("rights", rights),
        ("via", " → ".join(anchor(hop["name"], hop["url"]) for hop in said["via"])),
        ("also", comma.join(anchor(each["name"], each["url"]) for each in said["also"])),
    ]


def notices(out: Outgoing, said: dict[str, Any]) -> tuple[str, ...]:
    """Every notice that goes with it: its own, then the site's; each once."""
    own = [notice["text"] for notice in said["notices"]]
    return tuple(dict.fromkeys((*own, *(xml_text(text).strip() for text in out.notices))))


def _text(text: str) -> str:
    return escape(text).replace("\n", "<br>")
