"""This file is an exchange that answers every order alike and at once: `python -m benchmarks._exchange`.

It is a process of its own and does as little as an HTTP server can, so that a round trip is the client's and not the
exchange's. It checks no signature. Its one line on stdout is its port.
"""

import asyncio
import json
import sys
from typing import Any

_ORDER = {"orderId": 123456789, "clientOrderId": 0, "type": "LIMIT", "price": 30000, "quantity": 0.00005}
_SYSTEM = {"status": 0, "msg": "System is functioning properly."}


def _reply(data: object) -> bytes:
    body = json.dumps({"success": True, "timestamp": 1_790_000_000_000, "data": data}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


class _Connection(asyncio.Protocol):
    """One connection; requests may come in pieces."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            _, _, length = head.partition(b"content-length:")
            size = end + 4 + int(length.partition(b"\r\n")[0] or 0)
            if len(self._buffer) < size:
                return
            self._buffer = self._buffer[size:]
            self._transport.write(_PLACED if head.startswith(b"post") else _WELL)
            if b"connection: close" in head:
                self._transport.close()


_PLACED, _WELL = _reply(_ORDER), _reply(_SYSTEM)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    factory = None
    if sys.platform != "win32":
        try:
            import uvloop

            factory = uvloop.new_event_loop
        except ImportError:
            pass
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve())


if __name__ == "__main__":
    main()
