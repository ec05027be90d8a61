"""Opening connections: every address is checked, and the checked address is the one dialled.

The check happens here, below TLS and HTTP, on what the resolver answered; so no spelling of an
address, no redirect and no changing DNS answer gets around it. Nothing of the environment
(proxies) is used.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream, ConnectError, ReadError, WriteError

from syndicate.errors import ForbiddenAddress

Permit = Callable[[str, int], str | None]  # address, port -> why not, or None
Resolve = Callable[[str, int], Awaitable[list[str]]]  # name, port -> addresses
Dial = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]

_BUFFER = 64 * 1024
_RESOLVERS = 16  # threads: getaddrinfo blocks, and slow names must not hold up the others
_EACH_ADDRESS = 10.0  # seconds


class SystemResolver:
    """The system's resolver, in threads of its own."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None

    async def __call__(self, name: str, port: int) -> list[str]:
        """All addresses of a name, in the system's order; OSError where there are none."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolve")
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        )
        return [str(info[4][0]) for info in found]

    def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


def literal(host: str) -> str | None:
    """The address that a host spells out (also decimal, hex, octal, short); None for a name."""
    try:
        socket.inet_pton(socket.AF_INET6, host)
        return host
    except OSError:
        pass
    last = host.rstrip(".").rpartition(".")[2]
    if not last[:1].isdigit():  # a name's last label never starts with a digit (RFC 3696, 2)
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return None


class GuardedBackend(AsyncNetworkBackend):
    """httpcore2's way to the network, through `permit`."""

    def __init__(self, permit: Permit, resolve: Resolve, dial: Dial | None = None) -> None:
        self._permit, self._resolve, self._dial = permit, resolve, dial or _open

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """A connection to the first address that answers; ForbiddenAddress if one may not be.

        One forbidden address among several refuses all: a name that points inside is not trusted
        to point outside the next time.
        """
        addresses = await self._addresses(host, port)
        for address in addresses:
            if why := self._permit(address, port):
                named = f"{host} leads to {why}" if address != host else why
                raise ForbiddenAddress(
                    f"{named}, which may not be fetched",
                    remedy="fetch.allow_networks can allow it",
                )
        failure: Exception = ConnectError("no address")
        for address in addresses:
            try:
                async with asyncio.timeout(_EACH_ADDRESS):
                    return _Stream(*await self._dial(address, port))
            except TimeoutError:
                failure = ConnectError("no answer to the connection")
            except OSError as error:
                failure = ConnectError(error.strerror or str(error))
        raise failure

    async def _addresses(self, host: str, port: int) -> list[str]:
        spelled = literal(host)
        if spelled is not None:
            return [spelled]
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise ConnectError(f"the name {host} cannot be resolved ({error})") from error
        if not found:
            raise ConnectError(f"the name {host} has no address")
        return list(dict.fromkeys(found))

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> AsyncNetworkStream:
        """Never: sources are on the network."""
        raise ForbiddenAddress("a Unix socket may not be fetched")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _open(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(address, port, limit=_BUFFER)


class _Stream(AsyncNetworkStream):
    """A connection over asyncio's own streams, which cost a third of anyio's.

    Timeouts are not its business: the whole exchange has one.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._starting = True

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            data = await self._reader.read(max_bytes)
            while self._starting and data:
                # Some servers put empty lines before the status line, which h11 refuses
                data = data.lstrip(b"\r\n")
                if data:
                    self._starting = False
                else:
                    data = await self._reader.read(max_bytes)
            return data
        except (OSError, ssl.SSLError) as error:
            raise ReadError(getattr(error, "strerror", None) or str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._starting = True
        try:
            self._writer.write(buffer)
            await self._writer.drain()
        except (OSError, RuntimeError) as error:
            raise WriteError(str(error)) from error

    async def aclose(self) -> None:
        # abort, not close: a peer that does not read would keep us waiting
        self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        try:
            await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except ssl.SSLCertVerificationError as error:
            await self.aclose()
            raise ConnectError(f"its certificate is not valid: {error.verify_message}") from error
        except (OSError, ssl.SSLError, ConnectionError) as error:
            await self.aclose()
            raise ConnectError(f"no TLS connection: {error}") from error
        except BaseException:
            await self.aclose()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # asked of an idle connection: was it closed by the server?
            return self._reader.at_eof() or self._writer.is_closing()
        if info == "ssl_object":
            return self._writer.get_extra_info("ssl_object")
        return None
