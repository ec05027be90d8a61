"""The pictures of an entry as they go out: linked, copied or left out, with caption and credit.

`sources.pictures` decides. A copy takes the place of the original's address wherever we show it;
where there is none (yet), the original is linked.
"""

from __future__ import annotations

import html as markup
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from syndicate.core import image
from syndicate.model import Enclosure, Entry, Picture

if TYPE_CHECKING:
    from syndicate.core.outgoing import Outgoing

# As nh3 and sanitize.clean write them: exact, and linear
_IMG = re.compile(r'<img((?: [a-z-]+="[^"]*")*)>')
_SRC = re.compile(r' src="([^"]*)"')
_FIGURE = re.compile(r"(<figure(?: [^<>]*)?>)((?:(?!<figure[ >]).)*?)(</figure>)", re.S)
_SUFFIX = re.compile(r"\.(?:jpe?g|png|gif|webp)$", re.I)
_TYPES = {kind.suffix: kind.type for kind in (image.JPEG, image.PNG, image.GIF, image.WEBP)}
MOST = 50  # copied of one entry


def wanted(entry: Entry, *, text: bool) -> tuple[str, ...]:
    """The pictures to copy: those of the text, if that is shown, the thumbnail, and enclosures
    that are pictures."""
    found = [markup.unescape(m[1]) for m in _SRC.finditer(entry.content_html)] if text else []
    found += [entry.thumbnail] if entry.thumbnail else []
    found += [enclosure.url for enclosure in entry.enclosures if is_picture(enclosure)]
    return tuple(dict.fromkeys(url for url in found if url.startswith(("http://", "https://"))))[
        :MOST
    ]


def is_picture(enclosure: Enclosure) -> bool:
    if enclosure.type:
        return enclosure.type.lower().startswith("image/")
    return bool(_SUFFIX.search(enclosure.url.partition("?")[0]))


def address(out: Outgoing, url: str | None) -> str | None:
    """Where a picture beside the text is shown from; None where it is not shown."""
    if not url or out.pictures == "none":
        return None
    copy = out.copies.get(url)
    return out.site.url + copy if copy else url


def enclosures(out: Outgoing) -> Iterator[Enclosure]:
    """The files that go with an entry, pictures among them as they are shown."""
    for enclosure in out.entry.enclosures:
        if not is_picture(enclosure):
            yield enclosure
        elif shown := address(out, enclosure.url):
            yield enclosure if shown == enclosure.url else _copied(enclosure, shown)


def _copied(enclosure: Enclosure, url: str) -> Enclosure:
    """The copy under the original's name, as that of its file says nothing to people."""
    name = enclosure.url.partition("?")[0].rpartition("/")[2]
    suffix = "." + url.rpartition(".")[2]
    return Enclosure(url, _TYPES.get(suffix), None, enclosure.title or name or None)


def body(out: Outgoing, root: str | None = None) -> str:
    """The text's HTML with its pictures as they are shown. `root` leads from the page to the
    site's root; None: addresses of copies are whole."""
    html = out.entry.content_html
    if "<img" not in html:
        return html
    if out.pictures == "none":
        return _without(html)
    said = {picture.url: picture for picture in out.entry.pictures}
    if not said and not out.copies:
        return html
    if said:
        html = _FIGURE.sub(lambda m: m[1] + _captioned(m[2], said) + m[3], html)
    prefix = out.site.url if root is None else root
    return _IMG.sub(lambda m: _img(m, out.copies, prefix, said), html)


def _without(html: str) -> str:
    """Without pictures; a figure that holds one goes with its caption."""
    kept = _FIGURE.sub(lambda m: "" if "<img" in m[2] else m[0], html)
    return _IMG.sub("", kept)


_IN_FIGURE = ' data-said=""'  # a mark of ours between two steps; sanitised HTML has no such name


def _captioned(inner: str, said: Mapping[str, Picture]) -> str:
    """The content of a figure, with a caption where it has none and its picture's is known."""
    captions = [] if "<figcaption" in inner else _captions(inner, said)
    marked = _IMG.sub(lambda m: f"<img{m[1]}{_IN_FIGURE}>", inner)
    return marked + "".join(f"<figcaption>{text}</figcaption>" for text in captions[:1])


def _captions(inner: str, said: Mapping[str, Picture]) -> list[str]:
    sources = (markup.unescape(m[1]) for m in _SRC.finditer(inner))
    return [text for source in sources if (text := caption(said.get(source)))]


def caption(picture: Picture | None) -> str:
    """Caption, credit and rights as HTML text; each once."""
    if picture is None:
        return ""
    stated = dict.fromkeys((picture.caption, picture.credit, picture.rights))
    return " · ".join(markup.escape(text) for text in stated if text)


def _img(
    match: re.Match[str], copies: Mapping[str, str], prefix: str, said: Mapping[str, Picture]
) -> str:
    given, in_figure = match[1].replace(_IN_FIGURE, ""), _IN_FIGURE in match[1]
    source = _SRC.search(given)
    url = markup.unescape(source[1]) if source else ""
    if source and url in copies:
        place = markup.escape(prefix + copies[url])
        given = given.replace(source[0], f' src="{place}"', 1)
    text = "" if in_figure else caption(said.get(url))
    return f"<img{given}>" + (f"<br><small>{text}</small>" if text else "")


def shown(out: Outgoing) -> Iterable[tuple[str, Picture]]:
    """What is said of pictures, each with the address that it is shown from."""
    for picture in out.entry.pictures:
        if url := address(out, picture.url):
            yield url, picture
