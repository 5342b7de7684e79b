"""This file is an exchange that takes every order at once: `python -m benchmarks._exchange`.

It is a process of its own and does as little as an HTTP server can, so that a round trip is the client's and not the
exchange's. It checks no signature, and its account is empty. Its one line on stdout is its port.
"""

import asyncio
import itertools
import json
from typing import Any

from benchmarks._market import Market

_NO_ROWS: dict[str, Any] = {"rows": [], "meta": {"total": 0, "recordsPerPage": 500, "currentPage": 1}}
_NEVER_MS = 4_000_000_000_000
ANSWERS: dict[str, dict[str, Any]] = {
    "/v3/public/systemInfo": {"status": 0, "msg": "System is functioning properly."},
    "/v3/account/listenKey": {"authKey": "benchmark", "expiredTime": _NEVER_MS},
    "/v3/trade/orders": _NO_ROWS,
    "/v3/trade/algoOrders": _NO_ROWS,
    "/v3/trade/transactionHistory": _NO_ROWS,
    "/v3/asset/balances": {"holding": []},
    "/v3/futures/positions": {"positions": []},
}
"""What an account without orders, executions and holdings is answered with."""
_PLACED = (
    b'{"success":true,"timestamp":1790000000000,"data":{"orderId":%d,"clientOrderId":0,"type":"LIMIT","price":30000}}'
)
NOT_FOUND = b'{"success":false,"code":-1006,"message":"not found"}'
_BOOK = b"/v3/public/orderbook?symbol="


class _Connection(asyncio.Protocol):
    """One connection; requests may come in pieces."""

    _numbers = itertools.count(1_000_000)

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            size = end + 4 + int(length or 0)
            if len(self._buffer) < size:
                return
            self._buffer = self._buffer[size:]
            self._transport.write(self._reply(head.split(b" ", 2)[1]))
            if b"connection: close" in head.lower():
                self._transport.close()

    def _reply(self, target: bytes) -> bytes:
        if target == b"/v3/trade/order":
            body = _PLACED % next(self._numbers)
        elif target.startswith(b"/v3/trade/order?"):
            body = NOT_FOUND
        elif target.startswith(_BOOK):
            symbol, depth = target[len(_BOOK) :].decode().split("&maxLevel=")
            body = Market(symbol, int(depth), 0).snapshot()
        else:
            body = _BODIES[target.partition(b"?")[0]]
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


_BODIES = {
    path.encode(): json.dumps({"success": True, "timestamp": 1_790_000_000_000, "data": data}).encode()
    for path, data in ANSWERS.items()
}


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    try:
        import uvloop

        factory = uvloop.new_event_loop
    except ImportError:
        factory = None
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve())


if __name__ == "__main__":
    main()
