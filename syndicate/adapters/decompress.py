"""Undoing Content-Encoding piece by piece, so that no piece is larger than asked for."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Protocol

_PIECE = 64 * 1024
_AUTO = zlib.MAX_WBITS | 32  # gzip or zlib, told by its head
_RAW = -zlib.MAX_WBITS
_GZIP = b"\x1f\x8b"


class Broken(Exception):
    """The bytes are not what Content-Encoding says; `started` where some were read before."""

    def __init__(self, what: str, started: bool) -> None:
        self.started = started
        super().__init__(what)


class Decoder(Protocol):
    """Feeds pieces of at most 64 kB; `complete` once the end was reached."""

    @property
    def complete(self) -> bool: ...

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class Zlib:
    """gzip (several members, rubbish after the last), zlib, or raw deflate.

    What is marked as gzip and plainly is not passes as it is.
    """

    def __init__(self, gzip: bool) -> None:
        self.complete = False
        self._gzip = gzip
        self._head = b""
        self._plain = False
        self._open: Any = None
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._open is None and not self._plain:
            self._head += data
            if len(self._head) < len(_GZIP):
                return
            data, self._head = self._head, b""
            self._begin(data)
        if self._plain:
            yield data
        elif not self.complete:
            yield from self._inflate(data)

    def _begin(self, data: bytes) -> None:
        if self._gzip and not data.startswith(_GZIP):
            self._plain = self.complete = True
            return
        # RFC 9110, 8.4.1.2: "deflate" is zlib; some servers send it raw
        zlib_head = data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0
        self._open = zlib.decompressobj(_AUTO if self._gzip or zlib_head else _RAW)

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        more = True
        while more:
            try:
                piece: bytes = self._open.decompress(data, _PIECE)
            except zlib.error as error:
                raise Broken(str(error), self._started) from error
            if piece:
                self._started = True
                yield piece
            data = self._open.unconsumed_tail
            # A full piece may leave output inside even where all input is used up
            more = bool(data) or len(piece) == _PIECE
            if self._open.eof:
                data = self._open.unused_data
                more = self._gzip and data.startswith(_GZIP)
                self.complete = not more
                if more:
                    self._open = zlib.decompressobj(_AUTO)


class Unstated:
    """Not encoded, or gzip that nobody states: a file.xml.gz, or packed by a cache on the way."""

    def __init__(self) -> None:
        self._packed: Zlib | None = None
        self._begun = False

    @property
    def complete(self) -> bool:
        return self._packed is None or self._packed.complete

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not self._begun:
            self._begun = True
            self._packed = Zlib(gzip=True) if data.startswith(_GZIP) else None
        if self._packed is None:
            yield data
        else:
            yield from self._packed.feed(data)


class Brotli:
    """Brotli, with the library's own bound on a piece."""

    def __init__(self) -> None:
        import brotli

        self._open = brotli.Decompressor()
        self._error = brotli.error
        self._started = False

    @property
    def complete(self) -> bool:
        return bool(self._open.is_finished())

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self.complete:
            return
        try:
            piece = self._open.process(data, output_buffer_limit=_PIECE)
            while piece:
                self._started = True
                yield piece
                if self._open.is_finished() or self._open.can_accept_more_data():
                    return
                piece = self._open.process(b"", output_buffer_limit=_PIECE)
        except self._error as error:
            raise Broken(str(error), self._started) from error


def decoder(content_encoding: str) -> Decoder | None:
    """What undoes a Content-Encoding; None for one that is not known, or several in a row."""
    names = [n for n in content_encoding.lower().replace(" ", "").split(",") if n]
    names = [name for name in names if name not in ("identity", "none", "utf-8", "chunked")]
    if not names:
        return Unstated()
    if len(names) > 1:
        return None
    match names[0]:
        case "gzip" | "x-gzip":
            return Zlib(gzip=True)
        case "deflate":
            return Zlib(gzip=False)
        case "br":
            return Brotli()
        case _:
            return None
