"""This file is what everybody is shown: the published windows of each book, the touch, and the trades.

A chain is one book at one depth. On its own clock it looks at the best levels, and if they are not what it
published last, it publishes the difference (websocket-v3 §8.5): a level that was pushed out of the window leaves
with size "0" although it still rests. The REST book is served from the same windows, so that its timestamp is
always a point of the chain.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple, Protocol, TypeAlias

from woodlot.sandbox.replies import trimmed
from woodlot.wire.amount import plain
from woodlot.wire.answer import Event
from woodlot.wire.enums import Side
from woodlot.wire.events import BestBidOffer, BookDelta, PriceLevel, TradePrint
from woodlot.wire.public import Instrument, Level, OrderBook
from woodlot.wire.topics import Bbo, BookDeltas, Trades

INTERVALS_MS = {50: 50, 200: 100, 500: 200}
"""How often a chain of each depth looks (websocket-v3 §7.1)."""

BBO_INTERVAL_MS = 10

Levels: TypeAlias = list[tuple[Decimal, Decimal]]


class Books(Protocol):
    """What the feed wants of an exchange."""

    @property
    def instruments(self) -> Mapping[str, Instrument]: ...

    def window(self, symbol: str, depth: int) -> tuple[Levels, Levels]:
        """Return the best levels of both sides, best first."""
        ...

    def version(self, symbol: str) -> int:
        """Return a number that grows with every change of any level."""
        ...


class Push(NamedTuple):
    """One event for whoever subscribed to `topic`."""

    topic: str
    event: Event


class Feed:
    """All public books of an exchange, as published."""

    def __init__(self, books: Books, *, now_ms: int) -> None:
        self._books = books
        self._chains = {
            symbol: [_Chain(instrument, depth) for depth in INTERVALS_MS]
            for symbol, instrument in books.instruments.items()
        }
        self._touches = {symbol: _Touch(instrument) for symbol, instrument in books.instruments.items()}
        self.tick(now_ms=now_ms)
        self.touches(now_ms=now_ms)

    def tick(self, *, now_ms: int) -> list[Push]:
        """Let every chain look whose time has come, and return what has changed."""
        pushes: list[Push] = []
        for symbol, chains in self._chains.items():
            version = self._books.version(symbol)
            due = [chain for chain in chains if chain.is_due(now_ms) and chain.version != version]
            if due:
                bids, asks = self._books.window(symbol, max(chain.depth for chain in due))
                for chain in due:
                    pushes += chain.publish(bids, asks, version)
        return pushes

    def touches(self, *, now_ms: int) -> list[Push]:
        """Return the best bids and offers that changed, each at most every 10 ms."""
        pushes: list[Push] = []
        for symbol, touch in self._touches.items():
            version = self._books.version(symbol)
            if touch.version != version and touch.is_due(now_ms):
                bids, asks = self._books.window(symbol, 1)
                pushes += touch.publish(bids, asks, version, now_ms)
        return pushes

    def trade(self, symbol: str, *, price: Decimal, quantity: Decimal, side: Side, ts: int) -> Push:
        """Return the public print of a trade. All of them happened here (`source` 1)."""
        instrument = self._books.instruments[symbol]
        event = TradePrint(
            symbol=symbol,
            price=_to_step(price, instrument.quote_tick),
            size=_to_step(quantity, instrument.base_tick),
            side=side,
            source=1,
            ts=ts,
        )
        return Push(Trades(symbol).name, event)

    def book(self, symbol: str, *, most_levels: int) -> OrderBook:
        """Return the book as last published by the chain that is deep enough, cut to `most_levels`."""
        chains = self._chains[symbol]
        chain = next((chain for chain in chains if chain.depth >= most_levels), chains[-1])
        return OrderBook(
            asks=tuple(_level(price, size) for price, size in chain.asks[:most_levels]),
            bids=tuple(_level(price, size) for price, size in chain.bids[:most_levels]),
            timestamp=chain.ts,
        )


class _Chain:
    """One book at one depth: what was published last, and when."""

    def __init__(self, instrument: Instrument, depth: int) -> None:
        self.depth = depth
        self.ts = 0
        self.version = -1
        self.bids: Levels = []
        self.asks: Levels = []
        self._instrument = instrument
        self._topic = BookDeltas(instrument.symbol, depth).name
        self._interval_ms = INTERVALS_MS[depth]
        self._slot = 0

    def is_due(self, now_ms: int) -> bool:
        """Tell, once in each interval, that it is time to look.

        "all `ts` and `prevTs` are congruent modulo 50 ms ... `ts` is strictly increasing" (websocket-v3 §8.1): a
        clock that was set back waits here until it has caught up.
        """
        slot = now_ms - now_ms % self._interval_ms
        if slot <= self._slot:
            return False
        self._slot = slot
        return True

    def publish(self, bids: Levels, asks: Levels, version: int) -> list[Push]:
        """Make the best levels the published window; return the difference, if there is one."""
        bids, asks = bids[: self.depth], asks[: self.depth]
        self.version = version
        if bids == self.bids and asks == self.asks:
            return []
        delta = BookDelta(
            symbol=self._instrument.symbol,
            prev_ts=self.ts,
            ts=self._slot,
            bids=self._difference(self.bids, bids, best_first=lambda price: -price),
            asks=self._difference(self.asks, asks, best_first=lambda price: price),
        )
        self.bids, self.asks, self.ts = bids, asks, self._slot
        return [Push(self._topic, delta)]

    def _difference(self, old: Levels, new: Levels, best_first: Callable[[Decimal], Decimal]) -> list[PriceLevel]:
        before, after = dict(old), dict(new)
        changed = [price for price, size in new if before.get(price) != size]
        changed += [price for price in before if price not in after]
        changed.sort(key=best_first)
        return [self._spelled(price, after.get(price)) for price in changed]

    def _spelled(self, price: Decimal, size: Decimal | None) -> PriceLevel:
        """Spell a level: "trailing zeros kept to the step on the stream" (websocket-v3 §6); gone is "0"."""
        at = plain(_to_step(price, self._instrument.quote_tick))
        return at, "0" if size is None else plain(_to_step(size, self._instrument.base_tick))


class _Touch:
    """The best bid and offer of one symbol as last shown."""

    def __init__(self, instrument: Instrument) -> None:
        self.ts = 0
        self.version = -1
        self._instrument = instrument
        self._topic = Bbo(instrument.symbol).name
        self._shown: tuple[Levels, Levels] = ([], [])

    def is_due(self, now_ms: int) -> bool:
        """Tell that the last one is old enough, or lies in the future of a clock that was set back."""
        return not 0 <= now_ms - self.ts < BBO_INTERVAL_MS

    def publish(self, bids: Levels, asks: Levels, version: int, now_ms: int) -> list[Push]:
        self.version = version
        if (bids, asks) == self._shown:
            return []
        self._shown = (bids, asks)
        self.ts = now_ms
        bid_price, bid_size = self._side(bids)
        ask_price, ask_size = self._side(asks)
        event = BestBidOffer(
            symbol=self._instrument.symbol,
            bid_price=bid_price,
            bid_size=bid_size,
            ask_price=ask_price,
            ask_size=ask_size,
            ts=now_ms,
        )
        return [Push(self._topic, event)]

    def _side(self, levels: Levels) -> tuple[Decimal, Decimal] | tuple[None, None]:
        if not levels:
            return None, None
        price, size = levels[0]
        return _to_step(price, self._instrument.quote_tick), _to_step(size, self._instrument.base_tick)


def _to_step(number: Decimal, step: Decimal) -> Decimal:
    return number.quantize(step)


def _level(price: Decimal, size: Decimal) -> Level:
    """Spell a level for REST, where the same number has no trailing zeros (websocket-v3 §6)."""
    return Level(price=plain(trimmed(price)), quantity=plain(trimmed(size)))
