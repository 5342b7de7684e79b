"""This file is path (a) without its wire: an update that is decoded already, applied, and the touch read after it.

Everybody starts from the same snapshot, applies the same updates in the form he wants them in, and must end with the
market's digest. What a contender's form costs to make is not counted, for none of them.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from benchmarks._market import START_MS, Market, Update, digest
from benchmarks._peers import is_installed
from benchmarks._process import Process
from benchmarks._rounds import Row, row
from benchmarks._table import Claim, Table, times_faster

DEPTHS = (50, 200, 500)
ROUNDS = 7
_UPDATES = 1_500


class Contender(Protocol):
    """A book with a snapshot in it."""

    def prepare(self, updates: Sequence[Update]) -> list[Any]:
        """Return the updates in the form that `run` wants."""
        ...

    def run(self, prepared: list[Any]) -> None:
        """Apply them one by one and read the touch after each."""
        ...

    def digest(self) -> str: ...


class Guide:
    """A dict of floats, sorted for every look at it, as the guide has it."""

    def __init__(self, market: Market) -> None:
        self._bids, self._asks = (
            {float(price): float(size) for price, size in side} for side in (market.bids, market.asks)
        )

    def prepare(self, updates: Sequence[Update]) -> list[Any]:
        return list(updates)

    def run(self, prepared: list[Any]) -> None:
        bids, asks = self._bids, self._asks
        for update in prepared:
            for side, levels in ((bids, update.bids), (asks, update.asks)):
                for price, size in levels:
                    price, size = float(price), float(size)
                    if size == 0:
                        side.pop(price, None)
                    else:
                        side[price] = size
            _ = sorted(bids.items(), reverse=True)[:1], sorted(asks.items())[:1]

    def digest(self) -> str:
        return digest(sorted(self._bids.items(), reverse=True), sorted(self._asks.items()))


class Ccxt:
    """ccxt.pro's handler for one message, after its JSON parser."""

    def __init__(self, market: Market) -> None:
        from benchmarks._ccxt_feed import unified, woo

        self._market = market
        self._exchange = woo("127.0.0.1:1", [market.symbol])
        symbol = unified(market.symbol)
        self._book = self._exchange.order_book({}, market.depth)
        levels = ([[float(price), float(size)] for price, size in side] for side in (market.bids, market.asks))
        self._book.reset(dict(zip(("bids", "asks"), levels, strict=True)) | {"timestamp": START_MS, "symbol": symbol})
        self._exchange.orderbooks[symbol] = self._book

    def prepare(self, updates: Sequence[Update]) -> list[Any]:
        return [json.loads(self._market.first_generation_frame(update)) for update in updates]

    def run(self, prepared: list[Any]) -> None:
        handle, book, client = self._exchange.handle_order_book, self._book, _NoClient()
        for message in prepared:
            handle(client, message)
            limited = book.limit()
            _ = limited["bids"][0], limited["asks"][0]

    def digest(self) -> str:
        return digest(self._book["bids"], self._book["asks"])


class _NoClient:
    def resolve(self, result: object, message_hash: str) -> None:
        """Nobody waits: what a reader's wake-up costs is not what is compared here."""


class Nautilus:
    """nautilus_trader's OrderBook, told by `OrderBookDeltas` that were made beforehand."""

    def __init__(self, market: Market) -> None:
        from nautilus_trader.model.book import OrderBook
        from nautilus_trader.model.enums import BookType
        from nautilus_trader.model.identifiers import InstrumentId

        self._id = InstrumentId.from_str(f"{market.symbol}.WOO")
        self._book = OrderBook(self._id, BookType.L2_MBP)
        self.run(self.prepare([Update(0, START_MS, market.bids, market.asks)]))

    def prepare(self, updates: Sequence[Update]) -> list[Any]:
        from nautilus_trader.model.data import BookOrder, OrderBookDelta, OrderBookDeltas
        from nautilus_trader.model.enums import BookAction, OrderSide
        from nautilus_trader.model.objects import Price, Quantity

        def deltas(update: Update) -> Any:
            made = [
                OrderBookDelta(
                    self._id,
                    BookAction.UPDATE if float(size) else BookAction.DELETE,
                    BookOrder(side, Price.from_str(price), Quantity.from_str(f"{float(size):.5f}"), 0),
                    0,
                    0,
                    update.ts * 1_000_000,
                    update.ts * 1_000_000,
                )
                for side, levels in ((OrderSide.BUY, update.bids), (OrderSide.SELL, update.asks))
                for price, size in levels
            ]
            return OrderBookDeltas(self._id, made)

        return [deltas(update) for update in updates]

    def run(self, prepared: list[Any]) -> None:
        book = self._book
        for deltas in prepared:
            book.apply_deltas(deltas)
            _ = book.best_bid_price(), book.best_bid_size(), book.best_ask_price(), book.best_ask_size()

    def digest(self) -> str:
        sides = (
            [(str(level.price), f"{level.size():.5f}") for level in side()]
            for side in (self._book.bids, self._book.asks)
        )
        return digest(*sides)


class NautilusFromText(Nautilus):
    """The same from the decoded update, as everybody else has it: the deltas are made of it on the way."""

    def prepare(self, updates: Sequence[Update]) -> list[Any]:
        return list(updates)

    def run(self, prepared: list[Any]) -> None:
        for update in prepared:
            super().run(super().prepare([update]))


class SortedDicts:
    """SortedDict with Decimal keys: what a careful user writes by hand."""

    def __init__(self, market: Market) -> None:
        from sortedcontainers import SortedDict

        self._sides = [SortedDict(), SortedDict()]
        self.run([Update(0, START_MS, market.bids, market.asks)])

    def prepare(self, updates: Sequence[Update]) -> list[Any]:
        return list(updates)

    def run(self, prepared: list[Any]) -> None:
        from decimal import Decimal

        bids, asks = self._sides
        for update in prepared:
            for side, levels in ((bids, update.bids), (asks, update.asks)):
                for price, size in levels:
                    key, value = Decimal(price), Decimal(size)
                    if value:
                        side[key] = value
                    else:
                        side.pop(key, None)
            _ = bids.peekitem(-1), asks.peekitem(0)

    def digest(self) -> str:
        return digest(reversed(self._sides[0].items()), self._sides[1].items())


class Woodlot:
    """A `LiveBook`, told as the stream tells it: chain, state, trail, events and counters are on."""

    def __init__(self, market: Market) -> None:
        from woodlot.clock import SystemClock
        from woodlot.desk.live_book import LiveBook, Surroundings
        from woodlot.wire.envelope import open_reply
        from woodlot.wire.public import OrderBook

        async def snapshot() -> OrderBook:
            return open_reply(OrderBook, http_status=200, body=market.snapshot())

        self._market = market
        self._book = LiveBook(
            market.symbol, depth=market.depth, around=Surroundings(clock=SystemClock(), snapshot=snapshot)
        )
        self._book.subscribed(market.topic)
        for push in Woodlot.prepare(self, [market.opening]):
            self._book.pushed(push)
        ticket = self._book.take_seed()
        assert ticket is not None
        asyncio.run(self._book.seed(ticket))

    def prepare(self, updates: Sequence[Update]) -> list[Any]:
        from woodlot.wire.frames import decode_frame

        return [decode_frame(self._market.frame(update)) for update in updates]

    def run(self, prepared: list[Any]) -> None:
        book = self._book
        for push in prepared:
            book.pushed(push)
            _ = book.best_bid, book.best_ask

    def digest(self) -> str:
        if self._book.state != "SYNCED":
            raise RuntimeError(f"{self._book}: {self._book.reason}")
        view = self._book.view()
        return digest(view.bids, view.asks)


class WoodlotFromBytes(Woodlot):
    """The same from the frame's bytes: its JSON is parsed on the way."""

    def prepare(self, updates: Sequence[Update]) -> list[Any]:
        return [self._market.frame(update) for update in updates]

    def run(self, prepared: list[Any]) -> None:
        from woodlot.wire.frames import decode_frame

        book = self._book
        for frame in prepared:
            book.pushed(decode_frame(frame))  # pyright: ignore[reportArgumentType] - a push is what it is
            _ = book.best_bid, book.best_ask


CONTENDERS: dict[str, tuple[Callable[[Market], Contender], str]] = {
    "dict + sorted (the guide)": (Guide, ""),
    "ccxt.pro handler": (Ccxt, "ccxt"),
    "nautilus_trader, deltas made beforehand": (Nautilus, "nautilus_trader"),
    "nautilus_trader": (NautilusFromText, "nautilus_trader"),
    "SortedDict[Decimal]": (SortedDicts, "sortedcontainers"),
    "woodlot LiveBook": (Woodlot, ""),
    "woodlot LiveBook, JSON parsed too": (WoodlotFromBytes, ""),
}


def race(
    contenders: Mapping[str, Callable[[Market], Contender]],
    depth: int,
    *,
    rounds: int = ROUNDS,
    updates: int = _UPDATES,
) -> list[Row]:
    """Let the contenders apply the same updates in turn, CPU time counted; the first round warms up."""
    market = Market("PERP_X_USDT", depth, 0)
    books = {name: contender(market) for name, contender in contenders.items()}
    taken: dict[str, list[float]] = {name: [] for name in books}
    for number in range(rounds + 1):
        market.extend(updates)
        new = market.updates[-updates:]
        for name, book in books.items():
            prepared = book.prepare(new)
            gc.collect()
            began = time.process_time()
            book.run(prepared)
            took = time.process_time() - began
            del prepared
            if (shown := book.digest()) != market.digests[len(market.updates)]:
                raise RuntimeError(f"{name} ended with another book: {shown}")
            if number:
                taken[name].append(took / updates * 1e6)
    return [Row(name, tuple(figures)) for name, figures in taken.items()]


def tables(*, is_short: bool = False) -> list[Table]:
    """Run everybody beside pure Python, and again beside the compiled hot path: a process has one or the other."""
    from woodlot import swift

    flavours = {"pure Python": {swift.PURE: "1"}} | ({"compiled": {swift.PURE: ""}} if swift.IS_COMPILED else {})
    rounds = 3 if is_short else ROUNDS
    return [_table(depth, rounds, flavour, around) for flavour, around in flavours.items() for depth in DEPTHS]


def _table(depth: int, rounds: int, flavour: str, around: Mapping[str, str]) -> Table:
    with Process([sys.executable, "-m", "benchmarks.touch", str(depth), str(rounds)], around=around) as process:
        rows = [Row(name, tuple(figures)) for name, figures in process.said().items()]
    nautilus, ccxt = (3.0, 7.0) if flavour == "pure Python" else (10.0, 20.0)
    at_200 = {
        "nautilus_trader, deltas made beforehand": nautilus,
        "nautilus_trader": nautilus,
        "ccxt.pro handler": ccxt,
    }
    goals = at_200 if depth == 200 else {}
    ours = row(rows, "woodlot LiveBook")
    claims: list[Claim] = []
    for name in [one.name for one in rows if not one.name.startswith("woodlot")]:
        goal = {"must": goals[name]} if name in goals else {}
        claims.append(times_faster(ours, row(rows, name), **goal))
    return Table(
        title=f"(a) Book, apply + touch, depth {depth}, {flavour}",
        unit="µs CPU an update",
        rows=rows,
        method=f"In process, no wire: an update is decoded beforehand where not said otherwise. {rounds} rounds of "
        f"{_UPDATES:,}.",
        claims=claims,
    )


def main(depth: str, rounds: str) -> None:
    contenders = {name: make for name, (make, needs) in CONTENDERS.items() if not needs or is_installed(needs)}
    print(json.dumps({row.name: row.rounds for row in race(contenders, int(depth), rounds=int(rounds))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
