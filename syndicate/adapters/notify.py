"""sd_notify(3): telling systemd how it goes; nothing happens where systemd does not ask."""

from __future__ import annotations

import contextlib
import os
import socket


def say(*lines: str) -> None:
    """Send `NAME=value` lines to $NOTIFY_SOCKET; never raises."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.setblocking(False)  # nobody who watches may hold up what is watched
        out.connect(address)
        out.sendall("\n".join(lines).encode())


def watchdog() -> float | None:
    """Within how many seconds systemd wants to hear from us; None where it does not ask."""
    span = os.environ.get("WATCHDOG_USEC", "")
    asked = os.environ.get("WATCHDOG_PID", str(os.getpid()))
    if not span.isdigit() or int(span) == 0 or asked != str(os.getpid()):
        return None
    return int(span) / 1_000_000
