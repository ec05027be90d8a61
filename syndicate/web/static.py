"""The published tree: files from memory, compressed once, asked for conditionally.

What was read is kept while the file on disk is the same (inode, size, time: publishing replaces
files, it never writes into one). Its ETag is of the content, so that a restart or a rebuild with
the same bytes keeps every reader's copy good.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import os
from collections import OrderedDict
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path

import brotli
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from syndicate.web import security

_KEPT = 24_000_000  # bytes in memory, all forms together
_LARGE = 2_000_000  # larger files are streamed, and not compressed
_SMALL = 400  # below this compression only costs
_BROTLI_QUALITY = 5
_GZIP_LEVEL = 6
_TYPES = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
    "feeds.opml": "text/x-opml; charset=utf-8",
    ".atom.xml": "application/atom+xml; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
_FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json", "text/x-opml")

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Form:
    """One encoding of a file, ready to be sent."""

    body: bytes
    etag: bytes
    headers: RawHeaders


@dataclass(frozen=True, slots=True)
class Held:
    """A file in memory. `stamp` is what tells whether the one on disk is still it."""

    stamp: tuple[int, int, int]
    modified: int
    forms: dict[str, Form]
    gone: bool
    size: int


class Tree:
    """The published tree, for GET and HEAD."""

    def __init__(self, root: Path) -> None:
        self.given = root
        self.root = root.resolve()
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._size = 0
        self._gone: tuple[tuple[int, int, int] | None, frozenset[str]] = (None, frozenset())

    def find(self, path: str) -> tuple[str, os.stat_result] | None:
        """The file behind a URL's path, relative to the tree, and its facts; None: no such."""
        if "\\" in path or "\0" in path or not path.startswith("/"):
            return None
        name = path[1:] + ("index.html" if path.endswith("/") else "")
        parts = name.removeprefix(".well-known/").split("/")
        if any(not part or part.startswith(".") for part in parts):
            return None
        place = os.path.join(self.root, name)
        try:
            facts = os.stat(place)
        except (OSError, ValueError):
            return None
        return (name, facts) if os.path.isfile(place) else None

    def is_folder(self, path: str) -> bool:
        """Whether a path without its slash at the end names a folder with a page."""
        return not path.endswith("/") and self.find(path + "/") is not None

    def is_gone(self, name: str) -> bool:
        """Whether gone.txt lists it."""
        return name in self._listed_gone()

    def _listed_gone(self) -> frozenset[str]:
        place = os.path.join(self.root, "gone.txt")
        try:
            stamp = _stamp(os.stat(place))
        except OSError:
            return frozenset()
        if self._gone[0] != stamp:
            with open(place, encoding="utf-8") as file:
                lines = frozenset(line.strip().lstrip("/") for line in file if line.strip())
            self._gone = (stamp, lines)
            self._held.clear()
            self._size = 0
        return self._gone[1]

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Answer a GET or HEAD for a file that `find` has found; the status."""
        found = self.find(scope["path"])
        assert found is not None, "the caller has looked"
        name, facts = found
        if facts.st_size > _LARGE:
            headers = {k.decode(): v.decode() for k, v in _policy(name)}
            media = content_type(name)
            response = FileResponse(
                os.path.join(self.root, name), media_type=media, headers=headers
            )
            await response(scope, receive, send)
            return response.status_code
        return await _answer(scope, self._hold(name, facts), send)

    def _hold(self, name: str, facts: os.stat_result) -> Held:
        gone = self._listed_gone()
        held = self._held.get(name)
        if held is not None and held.stamp == _stamp(facts):
            self._held.move_to_end(name)
            return held
        made = _read(self.root, name, facts, name in gone)
        if held is not None:
            self._size -= held.size
        self._held[name] = made
        self._size += made.size
        while self._size > _KEPT and len(self._held) > 1:
            _, left = self._held.popitem(last=False)
            self._size -= left.size
        return made


def _stamp(facts: os.stat_result) -> tuple[int, int, int]:
    return (facts.st_ino, facts.st_size, facts.st_mtime_ns)


def content_type(name: str) -> str:
    """The media type by name; text is UTF-8."""
    base = name.rpartition("/")[2]
    for ending, media in _TYPES.items():
        if base == ending or (ending.startswith(".") and base.endswith(ending)):
            return media
    return mimetypes.guess_type(base)[0] or "application/octet-stream"


def _policy(name: str) -> security.Raw:
    return security.EDITIONS if name.startswith("editions/") else security.PUBLISHED


def _read(root: Path, name: str, facts: os.stat_result, gone: bool) -> Held:
    with open(os.path.join(root, name), "rb") as file:
        body = file.read()
    mark = hashlib.blake2b(body, digest_size=12).hexdigest()
    media = content_type(name)
    forms = {"": _form(name, media, body, mark, "", facts)}
    if len(body) >= _SMALL and (media.startswith(("text/", "application/")) or "xml" in media):
        packed = brotli.compress(body, quality=_BROTLI_QUALITY)
        forms["br"] = _form(name, media, packed, mark, "br", facts)
        zipped = gzip.compress(body, _GZIP_LEVEL, mtime=0)
        forms["gzip"] = _form(name, media, zipped, mark, "gzip", facts)
    size = sum(len(form.body) for form in forms.values())
    return Held(_stamp(facts), int(facts.st_mtime), forms, gone, size)


def _form(
    name: str, media: str, body: bytes, mark: str, encoding: str, facts: os.stat_result
) -> Form:
    etag = f'"{mark}{"-" + encoding if encoding else ""}"'.encode()
    headers = [
        (b"content-type", media.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"etag", etag),
        (b"last-modified", formatdate(facts.st_mtime, usegmt=True).encode()),
        (b"cache-control", b"public, no-cache"),
        (b"vary", b"Accept-Encoding"),
        *_policy(name),
    ]
    if encoding:
        headers.append((b"content-encoding", encoding.encode()))
    if media.startswith(_FEEDS):
        headers.append((b"access-control-allow-origin", b"*"))
    return Form(body, etag, headers)


_NOT_IN_304 = (b"content-type", b"content-length", b"content-encoding")


async def _answer(scope: Scope, held: Held, send: Send) -> int:
    accepted = none_match = since = None
    for key, value in scope["headers"]:
        if key == b"accept-encoding":
            accepted = value
        elif key == b"if-none-match":
            none_match = value
        elif key == b"if-modified-since":
            since = value
    form = held.forms[_encoding(accepted, held.forms)] if accepted else held.forms[""]
    status, body, headers = 410 if held.gone else 200, form.body, form.headers
    if not held.gone and _is_unchanged(held, none_match, since):
        status, body = 304, b""
        headers = [pair for pair in headers if pair[0] not in _NOT_IN_304]
    if scope["method"] == "HEAD":
        body = b""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    return status


def _is_unchanged(held: Held, none_match: bytes | None, since: bytes | None) -> bool:
    """RFC 9110, 13.2.2: If-None-Match decides where it is there, else If-Modified-Since."""
    if none_match is not None:
        if none_match.strip() == b"*":
            return True
        given = {part.strip().removeprefix(b"W/") for part in none_match.split(b",")}
        return any(form.etag in given for form in held.forms.values())
    if since is None:
        return False
    try:
        return held.modified <= parsedate_to_datetime(since.decode("latin-1")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return False


def _encoding(accepted: bytes, forms: dict[str, Form]) -> str:
    """The best encoding that a client takes (RFC 9110, 12.5.3); brotli before gzip."""
    weights: dict[str, float] = {}
    for part in accepted.decode("latin-1").lower().split(","):
        name, _, parameter = part.partition(";")
        weight = parameter.strip().removeprefix("q=")
        try:
            weights[name.strip()] = float(weight) if weight else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    for encoding in ("br", "gzip"):
        if encoding in forms and weights.get(encoding, weights.get("*", 0.0)) > 0:
            return encoding
    return ""
