"""This file is what everybody is shown: the published windows of each book, the touch, the best ten, and the trades.

A chain is one book at one depth, with or without RPI orders. On its own clock it looks at the best levels, and if
they are not what it published last, it publishes the difference (websocket-v3 §8.5): a level that was pushed out of
the window leaves with size "0" although it still rests. The REST book is served from the same windows, so that its
timestamp is always a point of the chain; a fault shows an older one, or the book as it is between two points.
"""

import functools
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple, Protocol, TypeVar

from woodlot.clock import Clock
from woodlot.sandbox.chains import Chain, Levels, spelled, to_step
from woodlot.sandbox.faults import Faults
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.replies import trimmed
from woodlot.wire.answer import Event
from woodlot.wire.enums import Side
from woodlot.wire.events import BestBidOffer, TradePrint
from woodlot.wire.figures import BookTop
from woodlot.wire.public import Instrument, Level, OrderBook
from woodlot.wire.topics import Bbo, BookDeltas, BookTops, RpiBbo, RpiBookDeltas, Topic, Trades

Kind = TypeVar("Kind", bound=type[Topic[Any]])

INTERVALS_MS = {50: 50, 200: 100, 500: 200}
"""How often a chain of each depth looks (websocket-v3 §7.1)."""

BBO_INTERVAL_MS = 10
TOP_INTERVAL_MS = 200
_TOP_LEVELS = 10

# A book that may lag is remembered for so long (websocket-v3 §15.2: "lag of 0 to 60 s").
_LONGEST_LAG_MS = 60_000
_WHOLE_BOOK = 1_000_000


class Books(Protocol):
    """What the feed wants of an exchange."""

    @property
    def instruments(self) -> Mapping[str, Instrument]: ...

    def window(self, symbol: str, depth: int, *, rpi: bool = False) -> tuple[Levels, Levels]:
        """Return the best levels of both sides, best first; with `rpi` what an API taker cannot hit as well."""
        ...

    def version(self, symbol: str, *, rpi: bool = False) -> int:
        """Return a number that grows with every change of any level."""
        ...


class Push(NamedTuple):
    """One event for whoever subscribed to `topic`."""

    topic: str
    event: Event


class Feed:
    """All public books of an exchange, as published."""

    def __init__(
        self,
        books: Books,
        *,
        now_ms: int,
        quirks: Quirks | None = None,
        faults: Faults | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._books = books
        self._quirks = quirks or Quirks()
        self._faults = faults
        self._clock = clock
        self._asleep: set[str] = set()
        self._chains = {
            symbol: [_chain(item, depth, rpi=rpi) for rpi in _flavours(item) for depth in INTERVALS_MS]
            for symbol, item in books.instruments.items()
        }
        self._tops = {symbol: _Top(item, quirks=self._quirks) for symbol, item in books.instruments.items()}
        self._touches = {
            (symbol, rpi): _Touch(item, rpi=rpi)
            for symbol, item in books.instruments.items()
            for rpi in _flavours(item)
        }
        self._touch_topics = frozenset(topic for touch in self._touches.values() for topic in touch.topics)
        self.tick(now_ms=now_ms)
        self.touches(now_ms=now_ms)

    def tick(self, *, now_ms: int, wanted: frozenset[str] | None = None) -> list[Push]:
        """Let every chain look whose time has come, and return what has changed.

        With `wanted` the chains of all other topics sleep; one that is asked for over REST wakes for the moment.
        """
        if self._faults is not None and self._faults.knows("book.lag"):
            wanted = None
        pushes: list[Push] = []
        for symbol, chains in self._chains.items():
            awake = [chain for chain in chains if wanted is None or not wanted.isdisjoint(chain.topics)]
            for rpi in _flavours(self._books.instruments[symbol]):
                pushes += self._look(symbol, [chain for chain in awake if chain.rpi is rpi], now_ms, rpi=rpi)
            if wanted is None or self._tops[symbol].topic in wanted:
                pushes += self._tops[symbol].look(self._books, now_ms)
        self._asleep = (
            set()
            if wanted is None
            else {topic for chains in self._chains.values() for chain in chains for topic in chain.topics} - wanted
        )
        return pushes

    def touches(self, *, now_ms: int, wanted: frozenset[str] | None = None) -> list[Push]:
        """Return the best bids and offers that changed, each at most every 10 ms; only what is `wanted`, if given."""
        pushes: list[Push] = []
        if wanted is not None and wanted.isdisjoint(self._touch_topics):
            return pushes
        for (symbol, rpi), touch in self._touches.items():
            if wanted is not None and wanted.isdisjoint(touch.topics):
                continue
            version = self._books.version(symbol, rpi=rpi)
            if touch.version != version and touch.is_due(now_ms):
                bids, asks = self._books.window(symbol, 1, rpi=rpi)
                pushes += touch.publish(bids, asks, version, now_ms)
        return pushes

    def trade(self, symbol: str, *, price: Decimal, quantity: Decimal, side: Side, ts: int, rpi: bool = False) -> Push:
        """Return the public print of a trade. All of them happened here (`source` 1)."""
        instrument = self._books.instruments[symbol]
        event = TradePrint(
            symbol=symbol,
            price=to_step(price, instrument.quote_tick),
            size=to_step(quantity, instrument.base_tick),
            side=side,
            source=1,
            # "`rpi` bool, may be absent" (websocket-v3 §7.6)
            rpi=rpi or None,
            ts=ts,
        )
        return Push(trades_topic(symbol), event)

    def book(self, symbol: str, *, most_levels: int, rpi: bool = False) -> OrderBook:
        """Return the book as last published by the chain that is deep enough, cut to `most_levels`."""
        rpi = rpi and self._books.instruments[symbol].is_allowed_rpi
        chains = [chain for chain in self._chains[symbol] if chain.rpi is rpi]
        if self._clock is not None:
            self._look(symbol, [chain for chain in chains if self._sleeps(chain)], self._clock.now_ms(), rpi=rpi)
        chain = next((chain for chain in chains if chain.depth >= most_levels), chains[-1])
        ts, bids, asks = self._seen(symbol, chain, chains[0], most_levels)
        return OrderBook(
            asks=tuple(_level(price, size) for price, size in asks[:most_levels]),
            bids=tuple(_level(price, size) for price, size in bids[:most_levels]),
            timestamp=ts,
        )

    def _sleeps(self, chain: Chain) -> bool:
        return self._asleep.issuperset(chain.topics)

    def _seen(self, symbol: str, chain: Chain, shallowest: Chain, depth: int) -> tuple[int, Levels, Levels]:
        """Return what REST shows of a chain: what was published last, unless a fault or a quirk has it otherwise."""
        faults, clock = self._faults, self._clock
        if faults and clock:
            if lag := faults.holds("book.lag", subject=symbol):
                return chain.at(clock.now_ms() - lag.length_ms)
            if faults.holds("book.straddle", subject=symbol):
                return clock.now_ms(), *self._books.window(symbol, depth, rpi=chain.rpi)
        if self._quirks.rest_book_follows == "depth 50" and chain is not shallowest:
            return shallowest.now.ts, chain.now.bids, chain.now.asks
        return chain.now

    def _look(self, symbol: str, chains: list[Chain], now_ms: int, *, rpi: bool) -> list[Push]:
        version = self._books.version(symbol, rpi=rpi)
        always = self._quirks.documented_cadence
        due = [chain for chain in chains if chain.is_due(now_ms) and (chain.version != version or always)]
        if not due:
            return []
        is_whole = self._quirks.book_deltas == "whole"
        depth = _WHOLE_BOOK if is_whole else max(chain.depth for chain in due)
        bids, asks = self._books.window(symbol, depth, rpi=rpi)
        remember_ms = _LONGEST_LAG_MS if self._faults and self._faults.knows("book.lag") else 0
        pushes: list[Push] = []
        for chain in due:
            most = depth if is_whole else chain.depth
            delta = chain.publish(bids[:most], asks[:most], version=version, always=always, remember_ms=remember_ms)
            if delta is not None and (self._quirks.spot_book_deltas or not symbol.startswith("SPOT_")):
                pushes += [Push(topic, delta) for topic in chain.topics]
        return pushes


def _chain(instrument: Instrument, depth: int, *, rpi: bool) -> Chain:
    topics = tuple(
        kind(instrument.symbol, depth).name for kind in _kinds(instrument, BookDeltas, RpiBookDeltas, rpi=rpi)
    )
    return Chain(instrument, depth=depth, interval_ms=INTERVALS_MS[depth], rpi=rpi, topics=topics)


@functools.cache
def trades_topic(symbol: str) -> str:
    """Return where a symbol's trades are told."""
    return Trades(symbol).name


def _flavours(instrument: Instrument) -> tuple[bool, ...]:
    """Return whether there is a book with RPI orders beside the one without; else both topics are one chain."""
    return (False, True) if instrument.is_allowed_rpi else (False,)


def _kinds(instrument: Instrument, without: Kind, with_rpi: Kind, *, rpi: bool) -> tuple[Kind, ...]:
    if not instrument.is_allowed_rpi:
        return without, with_rpi
    return (with_rpi,) if rpi else (without,)


class _Top:
    """The ten best levels of one symbol as last shown: whole each time, at most every 200 ms (websocket-v3 §7.4)."""

    def __init__(self, instrument: Instrument, *, quirks: Quirks) -> None:
        self._instrument = instrument
        self._rpi = quirks.book_top_has_rpi
        self._always = quirks.documented_cadence
        self.topic = BookTops(instrument.symbol).name
        self._slot: int = 0
        self._version: int = -1
        self._shown: tuple[Levels, Levels] = ([], [])

    def look(self, books: Books, now_ms: int) -> list[Push]:
        slot = now_ms // TOP_INTERVAL_MS
        version = books.version(self._instrument.symbol, rpi=self._rpi)
        if slot <= self._slot or (version == self._version and not self._always):
            return []
        self._slot, self._version = slot, version
        window = books.window(self._instrument.symbol, _TOP_LEVELS, rpi=self._rpi)
        if window == self._shown and not self._always:
            return []
        self._shown = window
        bids, asks = (
            [spelled(price, size, instrument=self._instrument) for price, size in levels] for levels in window
        )
        return [Push(self.topic, BookTop(symbol=self._instrument.symbol, ts=now_ms, bids=bids, asks=asks))]


class _Touch:
    """The best bid and offer of one symbol as last shown."""

    def __init__(self, instrument: Instrument, *, rpi: bool) -> None:
        self.ts = 0
        self.version = -1
        self._instrument = instrument
        self.topics = [kind(instrument.symbol).name for kind in _kinds(instrument, Bbo, RpiBbo, rpi=rpi)]
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
        return [Push(topic, event) for topic in self.topics]

    def _side(self, levels: Levels) -> tuple[Decimal, Decimal] | tuple[None, None]:
        if not levels:
            return None, None
        price, size = levels[0]
        return to_step(price, self._instrument.quote_tick), to_step(size, self._instrument.base_tick)


def _level(price: Decimal, size: Decimal) -> Level:
    """Spell a level for REST, where the same number has no trailing zeros (websocket-v3 §6)."""
    return Level(price=trimmed(price), quantity=trimmed(size))
