"""The socket that the web side listens on."""

from __future__ import annotations

import socket

from syndicate.errors import UsageError

_BACKLOG = 512


def listen(where: str) -> socket.socket:
    """A listening socket at `HOST:PORT` or `[IPv6]:PORT`; port 0 is any free one.

    Raises UsageError where that is no address, or cannot be had.
    """
    host, colon, port = where.rpartition(":")
    host = host.strip("[]")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"{where!r} is no HOST:PORT", where="web.listen")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, int(port)))
        opened.listen(_BACKLOG)
    except OSError as error:
        opened.close()
        why = error.strerror or str(error)
        raise UsageError(f"cannot listen on {where}: {why}", where="web.listen") from error
    opened.setblocking(False)
    return opened
