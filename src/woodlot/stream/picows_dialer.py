"""This file is the faster dialer: links over picows, for whoever installed it and asks for it."""

import asyncio
import logging
import re
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import aiohappyeyeballs

from woodlot import __version__
from woodlot.errors import ConfigurationError, ConnectionFailed
from woodlot.stream.link import CONNECT_TIMEOUT_S, MOST_BYTES_PER_FRAME, Address, CarefulDialer, UpgradeRefused

if TYPE_CHECKING:
    from woodlot.stream.picows_link import PicowsLink

# "Connection Attempt Delay ... recommended value 250 milliseconds" (RFC 8305 §5)
_NEXT_ADDRESS_AFTER_S = 0.25
_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})\b")
# picows logs the upgrade request, and so the listen key, at its most talkative; what matters is in our errors.
_silent = logging.getLogger(f"{__name__}.picows")
_silent.setLevel(logging.CRITICAL + 1)


class PicowsDialer(CarefulDialer):
    """Open links with picows: less work for every frame than with aiohttp, and the same rules.

    Pass it where a dialer is taken: `Desk.open(seams=Seams(dialer=PicowsDialer()))`. It follows no redirect and uses no
    proxy.
    Raises ConfigurationError where picows is not installed.
    """

    def __init__(self, *, connect_timeout_s: float = CONNECT_TIMEOUT_S) -> None:
        try:
            import picows  # noqa: F401  # pyright: ignore[reportUnusedImport]
        except ImportError:
            raise ConfigurationError("PicowsDialer stands on picows: pip install 'woodlot[speed]'") from None
        super().__init__(connect_timeout_s=connect_timeout_s)
        self._trust: ssl.SSLContext | None = None

    async def close(self) -> None:
        """Do nothing: the links share nothing."""

    async def _try(self, address: Address) -> "PicowsLink | ConnectionFailed":
        from picows import WSError, WSHandshakeError

        try:
            async with asyncio.timeout(self._connect_timeout_s):
                link = await self._connected(address)
        except WSHandshakeError as error:
            status = _STATUS.match(error.raw_header or b"")
            if status is None:
                return ConnectionFailed(str(address), type(error).__name__)
            return UpgradeRefused(str(address), int(status[1]))
        except TimeoutError:
            return ConnectionFailed(str(address), f"no connection within {self._connect_timeout_s:g} s")
        except (WSError, OSError) as error:
            return ConnectionFailed(str(address), _told(error))
        return link or ConnectionFailed(str(address), "the server hung up instead of an answer")

    async def _connected(self, address: Address) -> "PicowsLink | None":
        from picows import ws_connect  # pyright: ignore[reportUnknownVariableType] - its `**kwargs`

        from woodlot.stream.picows_link import PicowsLink

        sockets: list[socket.socket] = []

        async def connect(where: Any) -> socket.socket:
            sockets.append(await _reached(where.host, where.port))
            return sockets[0]

        try:
            _, link = await ws_connect(
                PicowsLink,
                str(address.url()),
                ssl_context=self._trusted() if address.base.startswith("wss") else None,
                # How long all of it may take, and when a link is dead, is ours to say.
                websocket_handshake_timeout=None,
                enable_auto_ping=False,
                logger_name=_silent,
                max_frame_size=MOST_BYTES_PER_FRAME,
                max_redirects=0,
                read_buffer_init_size=64 * 1024,
                extra_headers={"User-Agent": f"woodlot/{__version__}"},
                socket_factory=connect,
                use_aiofastnet=False,
            )
        except BaseException:
            # Who waited for the answer to the upgrade leaves the connection open; this ends it, whoever owns it by now.
            for sock in sockets:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            raise
        return link if isinstance(link, PicowsLink) else None

    def _trusted(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = ssl.create_default_context()
            self._trust.set_alpn_protocols(["http/1.1"])
        return self._trust


async def _reached(host: str, port: int) -> socket.socket:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return await aiohappyeyeballs.start_connection(  # pyright: ignore[reportUnknownMemberType] - "tuple" of an address
        found, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER_S
    )


def _told(error: Exception) -> str:
    """Say what went wrong without the library's own sentence, which may hold the address and so the listen key."""
    reason = getattr(error, "strerror", None)
    return f"{type(error).__name__}{f' ({reason})' if isinstance(reason, str) and reason else ''}"
