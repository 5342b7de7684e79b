"""This file is the feed as ccxt.pro's `woo` does it, as shipped: `watch_order_book` in a loop, on the V1-shaped stream.

It checks no chain. Reading the touch after every message, and not only when the loop comes round, is what the others
do too; orjson is installed, which ccxt then parses with.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks._market import digest
from benchmarks._meter import Meter

_readers: list["asyncio.Task[None]"] = []


def woo(address: str, symbols: Sequence[str], *, meter: Meter | None = None) -> Any:
    """Return ccxt's exchange, pointed at ours by nothing but its `urls`, knowing the symbols."""
    import ccxt.pro

    class Woo(ccxt.pro.woo):
        def handle_order_book(self, client: Any, message: Any) -> None:
            super().handle_order_book(client, message)
            if meter is not None:
                book = self.orderbooks.get(unified(message["data"]["symbol"]))
                if book is not None and book["timestamp"] is not None:
                    _ = book["bids"][0], book["asks"][0]
                    meter.count()

    urls: dict[str, Any] = dict.fromkeys(("pub", "public", "private"), f"http://{address}")
    urls["ws"] = dict.fromkeys(("public", "private"), f"ws://{address}/ws/stream")
    exchange = Woo({"enableRateLimit": False, "urls": {"api": urls}, "options": {"ws": {"options": {"compress": 0}}}})
    exchange.set_markets([_market(exchange, symbol) for symbol in symbols])
    return exchange


def unified(symbol: str) -> str:
    """Spell a symbol as ccxt does: PERP_BTC_USDT is BTC/USDT:USDT."""
    _, base, quote = symbol.split("_")
    return f"{base}/{quote}:{quote}"


def _market(exchange: Any, symbol: str) -> dict[str, Any]:
    _, base, quote = symbol.split("_")
    return exchange.safe_market_structure(
        {
            "id": symbol,
            "symbol": unified(symbol),
            "base": base,
            "quote": quote,
            "settle": quote,
            "baseId": base,
            "quoteId": quote,
            "settleId": quote,
            "type": "swap",
            "spot": False,
            "swap": True,
            "contract": True,
            "linear": True,
            "active": True,
            "precision": {"amount": 0.00001, "price": 0.05},
        }
    )


async def receive(address: str, depth: int, symbols: Sequence[str], meter: Meter) -> Callable[[], list[str]]:
    meter.begin(-1, last=int, is_timed=False)
    exchange = woo(address, symbols, meter=meter)
    watch = {"method": "orderbookupdate"}

    async def read(symbol: str) -> None:
        while True:
            book = await exchange.watch_order_book(unified(symbol), depth, watch)
            _ = book["bids"][0], book["asks"][0]

    _readers.extend(asyncio.create_task(read(symbol)) for symbol in symbols)
    # Its future is resolved by the update after the snapshot, which comes with the first round.
    while not all(exchange.orderbooks.get(unified(symbol), {}).get("timestamp") for symbol in symbols):  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)

    def books() -> list[str]:
        shown = [exchange.orderbooks[unified(symbol)].limit() for symbol in symbols]
        return [digest(book["bids"], book["asks"]) for book in shown]

    return books
