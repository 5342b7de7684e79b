"""This file is one run of a book through bad weather: everything that can go wrong, drawn from a seed.

After every update and every snapshot a book that calls itself SYNCED is held against the exchange's own window.
"""

import functools
import json
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from proofs.book_exchange import Exchange, Update, Window, Wire, spelled
from woodlot.book.book import Book
from woodlot.book.chain import Delta
from woodlot.book.sync import Synchroniser
from woodlot.book.transition import BookState, Transition
from woodlot.book.update import Update as Told
from woodlot.wire.frames import Push, decode_frame

SYMBOL = "PERP_BTC_USDT"

# How far REST is behind in the calm, and how soon a book must be SYNCED in it. Where REST shows moments between updates
# that takes luck: a snapshot at the moment of an update, or four in a row that agree.
_CALM_LAGS_MS = (50, 100, 200)
_SYNCED_WITHIN_S, _OFF_GRID_WITHIN_S = 120.0, 600.0

# Every one of these lets a book ask for one more snapshot. Nothing else does.
CAUSES = frozenset(
    {
        Transition.CONNECTED,
        Transition.GAP,
        Transition.CONFLICT,
        Transition.MALFORMED,
        Transition.BACKWARDS,
        Transition.CROSSED,
        Transition.TOO_DEEP,
        Transition.STRADDLE,
        Transition.SNAPSHOT_BEHIND,
        Transition.SNAPSHOT_AHEAD,
        Transition.NO_DELTAS,
        Transition.OUTDATED,
        Transition.BAD_SNAPSHOT,
        Transition.DIFFERED,
        Transition.SILENT,
        Transition.UNNEEDED,
        Transition.SEED_FAILED,
        Transition.SEED_LOST,
    }
)


class Broken(AssertionError):
    """A promise was broken; the sentence says which, and the seed repeats it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How bad it gets: the share of updates that each kind of trouble befalls, and how REST behaves."""

    drop: float = 0.0
    repeat: float = 0.0
    shuffle: float = 0.0
    delay: float = 0.0
    cut: float = 0.0
    restart: float = 0.0
    forge: float = 0.0
    turn: float = 0.0
    audit: float = 0.0
    refuse: float = 0.0
    slow: float = 0.0
    lags_ms: tuple[int, ...] = (0,)
    off_grid: bool = False
    flicker: float = 0.0

    @property
    def is_calm(self) -> bool:
        """Whether REST answers at once with the book of now, so that one snapshot mends a gap."""
        return self.lags_ms == (0,) and not (
            self.off_grid or self.refuse or self.slow or self.delay or self.cut or self.restart or self.forge
        )

    @classmethod
    def drawn(cls, chance: random.Random) -> "Forecast":
        """Draw each kind of trouble by itself: none, some or much of it."""

        def some(*shares: float) -> float:
            return chance.choice((0.0, 0.0, *shares))

        if chance.random() < 0.1:
            return cls(drop=0.01, repeat=some(0.02), shuffle=0.0, turn=some(0.3))
        return cls(
            drop=some(0.002, 0.02, 0.2),
            repeat=some(0.01, 0.1),
            shuffle=some(0.01, 0.1),
            delay=some(0.1, 0.6),
            cut=some(0.001, 0.01),
            restart=some(0.001),
            forge=some(0.002, 0.02),
            turn=some(0.3),
            audit=some(0.01),
            refuse=some(0.2, 0.8),
            slow=some(0.5, 0.9),
            lags_ms=chance.choice(
                ((0,), (0, 0, 50, 200), (0, 1000, 4000), (20_000, 46_000), tuple(range(0, 46_000, 2_000)))
            ),
            off_grid=chance.random() < 0.5,
            flicker=chance.choice((0.0, 0.3)),
        )


@dataclass(slots=True)
class Weather:
    """A synchroniser, the exchange it follows, and what is between them."""

    seed: int
    chance: random.Random
    forecast: Forecast
    exchange: Exchange
    sync: Synchroniser
    now_s: float = 0.0
    reads: int = 0
    sent: int = 0
    newest_ts: int = 0
    connects_at_s: float | None = None
    on_the_way: list[tuple[Delta, bool]] = field(default_factory=list[tuple[Delta, bool]])
    answers: list[tuple[int, int, Wire, Wire]] = field(default_factory=list[tuple[int, int, Wire, Wire]])
    requests_s: list[float] = field(default_factory=list[float])
    audits: int = 0
    injected: Counter[str] = field(default_factory=Counter[str])

    @classmethod
    def of(cls, seed: int, *, kind: type[Synchroniser] = Synchroniser, **certain: Any) -> "Weather":
        """Draw the weather of a seed, but for what is `certain` of its forecast."""
        chance = random.Random(seed)
        forecast = replace(Forecast.drawn(chance), **certain)
        depth = chance.choice((3, 8, 8, 20))
        # Every other exchange spells plainly and sends frames: the compiled book is there for those.
        exchange = Exchange(chance, depth, off_grid=forecast.off_grid, flicker=forecast.flicker, is_plain=seed % 2 == 0)
        sync = kind(SYMBOL, depth=depth, now_s=0.0)
        weather = cls(seed, chance, forecast, exchange, sync)
        weather.connect()
        return weather

    def run(self, deltas: int) -> Counter[Transition]:
        """Go on until the exchange has sent so many updates. Raises Broken."""
        while self.sent < deltas:
            self.now_s += 0.05
            update = self.exchange.step()
            if update is not None:
                self.sent += 1
                self.carry(update)
            self.deliver()
            self.cut_now_and_then()
            self.talk_to_rest()
        return self.judged()

    def calm(self) -> None:
        """Let nothing go wrong any more but REST lag by some updates: the book is SYNCED in time. Raises Broken."""
        self.judged()
        self.forecast = Forecast(lags_ms=_CALM_LAGS_MS, off_grid=self.exchange.off_grid)
        within_s = _OFF_GRID_WITHIN_S if self.exchange.off_grid else _SYNCED_WITHIN_S
        until_s = self.now_s + within_s
        while not (self.sync.state is BookState.SYNCED and self.connects_at_s is None):
            if self.now_s > until_s:
                raise Broken(f"calm for {within_s:.0f} s and still {self.sync.state}: {self.sync.standing}")
            self.run(self.sent + 20)

    # Between the exchange and us.

    def carry(self, update: Update) -> None:
        """Put an update on its way, or what becomes of it there."""
        chance, forecast = self.chance, self.forecast
        bids, asks = update.bids, update.asks
        if chance.random() < forecast.turn:
            self.injected["turned"] += 1
            bids, asks = bids[::-1], chance.sample(asks, len(asks))
        delta = Delta(SYMBOL, update.prev_ts, update.ts, bids, asks)
        if chance.random() < forecast.forge:
            self.injected["forged"] += 1
            self.on_the_way += self.forged(delta)
            return
        if chance.random() >= forecast.drop:
            self.on_the_way.append((delta, True))
        else:
            self.injected["dropped"] += 1
        if self.on_the_way and chance.random() < forecast.repeat:
            self.injected["repeated"] += 1
            self.on_the_way.append(chance.choice(self.on_the_way))
        if chance.random() < forecast.shuffle:
            self.injected["shuffled"] += 1
            chance.shuffle(self.on_the_way)

    def forged(self, delta: Delta) -> list[tuple[Delta, bool]]:
        """Return frames that the exchange should not send; the book can tell each of them, or loses nothing by it."""
        # A level that leaves makes room for the false one, or the book would be too deep before it is crossed.
        room = [(spelled(price, 10, 3), "0") for price, _ in self.exchange.sent[0][-2:]]
        ask_room = [(spelled(price, 10, 3), "0") for price, _ in self.exchange.sent[1][-2:]]
        high, low = [*room, ("99999", "1")], [*ask_room, ("0.01", "1")]
        deep = [(f"0.{number:04d}", "1") for number in range(1, self.exchange.depth + 2)]
        match self.chance.randrange(6):
            case 0:
                return [(delta._replace(bids=[*delta.bids, *high], asks=[*delta.asks, *low]), False)]
            case 1:
                return [(delta._replace(bids=[*delta.bids, *deep]), False)]
            case 2:
                return [(delta, True), (delta._replace(prev_ts=delta.ts, bids=[("5", "1")]), False)]
            case 3:
                return [(delta._replace(asks=[*delta.asks, ("NaN", "1")]), False)]
            case 4:
                return [(delta._replace(symbol="SPOT_ETH_USDT"), False), (delta, True)]
            case _:
                return [(delta._replace(prev_ts=delta.ts + 50), False), (delta, True)]

    def deliver(self) -> None:
        while self.on_the_way and self.chance.random() >= self.forecast.delay:
            delta, is_true = self.on_the_way.pop(0)
            if self.connects_at_s is not None:
                continue
            self.sync.delta(self.framed(delta) if self.exchange.is_plain else delta, now_s=self.now_s)
            if is_true:
                self.newest_ts = max(self.newest_ts, delta.ts)
            self.check()

    def framed(self, delta: Delta) -> Told:
        """Send an update through the wire: what the ear makes of the frame is what a book is told."""
        data = {"ts": delta.ts, "bids": delta.bids, "asks": delta.asks, "prevTs": delta.prev_ts, "s": delta.symbol}
        frame = {"topic": f"orderbookupdate@{SYMBOL}@{self.exchange.depth}", "ts": delta.ts, "data": data}
        push = decode_frame(json.dumps(frame, separators=(",", ":")))
        if not isinstance(push, Push):
            raise Broken(f"the ear did not understand an update: {push}")
        return push.delta or push.event

    def cut_now_and_then(self) -> None:
        chance, forecast = self.chance, self.forecast
        if self.connects_at_s is not None:
            if self.now_s >= self.connects_at_s:
                self.connect()
        elif chance.random() < forecast.cut:
            self.disconnect()
        elif chance.random() < forecast.restart:
            self.injected["exchange restarted"] += 1
            self.exchange.restart(after_ms=1000 * chance.choice((1, 30, 300)))
            self.disconnect()

    def disconnect(self) -> None:
        self.injected["cut off"] += 1
        self.sync.disconnected(now_s=self.now_s)
        self.on_the_way.clear()
        self.connects_at_s = self.now_s + self.chance.choice((0.0, 0.1, 3.0))

    def connect(self) -> None:
        self.connects_at_s, self.newest_ts = None, 0
        self.sync.connected(now_s=self.now_s)
        if self.chance.random() < 0.9:
            # Else the first data come before the acknowledgement, or instead of it.
            self.sync.subscribed(now_s=self.now_s)

    # REST.

    def talk_to_rest(self) -> None:
        chance, forecast, sync = self.chance, self.forecast, self.sync
        sync.tick(now_s=self.now_s)
        if chance.random() < forecast.audit and sync.state.is_readable:
            self.audits += 1
            sync.audit(now_s=self.now_s)
        if (ticket := sync.take_seed(now_s=self.now_s)) is not None:
            self.requests_s.append(self.now_s)
            lag_ms = chance.choice(forecast.lags_ms)
            self.injected["snapshots that lag"] += lag_ms > 0
            self.answers.append((ticket, *self.exchange.snapshot(lag_ms=lag_ms)))
        if self.answers and chance.random() >= forecast.slow:
            self.answer(*self.answers.pop(0))

    def answer(self, ticket: int, timestamp: int, bids: Wire, asks: Wire) -> None:
        if self.chance.random() < self.forecast.refuse:
            self.injected["snapshots refused"] += 1
            self.sync.seed_failed(ticket, now_s=self.now_s)
            return
        was_synced = self.sync.state is BookState.SYNCED
        outcome = self.sync.snapshot(timestamp, bids=bids, asks=asks, now_s=self.now_s, ticket=ticket)
        if was_synced and outcome in {Transition.DIFFERED, Transition.SILENT} and not self.forecast.delay:
            raise Broken(f"an audit of a right book said: {outcome.value}")
        self.check()

    # The promises.

    def check(self) -> None:
        """Hold a book that calls itself SYNCED against the exchange."""
        if self.sync.state is not BookState.SYNCED:
            return
        book = self.sync.read()
        if book.ts < self.newest_ts:
            raise Broken(f"an update of {self.newest_ts} came and a book of {book.ts} is still SYNCED")
        self.reads += 1
        shown, true = window_of(book), self.exchange.truth.get(book.ts)
        if shown != true:
            raise Broken(f"a wrong read at {book.ts} while SYNCED:\nshown {shown}\ntrue  {true}")

    def judged(self) -> Counter[Transition]:
        counts = self.sync.counts
        if min((later - earlier for earlier, later in pairwise(self.requests_s)), default=9.0) < 0.999:
            raise Broken("two snapshots were asked for within a second")
        allowed = sum(counts[cause] for cause in CAUSES) + self.audits
        if len(self.requests_s) > allowed:
            raise Broken(f"{len(self.requests_s)} snapshots were asked for and only {allowed} had a cause")
        if self.forecast.is_calm and len(self.requests_s) - self.audits > counts[Transition.GAP] + 1:
            raise Broken(f"{len(self.requests_s)} snapshots for {counts[Transition.GAP]} gaps and one start")
        return counts


def window_of(book: Book) -> Window:
    """Return a book as the exchange keeps it: whole numbers of steps."""
    bids, asks = book.spelled()
    return (
        tuple((_steps(price, 10), _steps(size, 1000)) for price, size in bids),
        tuple((_steps(price, 10), _steps(size, 1000)) for price, size in asks),
    )


@functools.lru_cache(maxsize=100_000)
def _steps(text: str, steps_per_unit: int) -> int:
    return round(float(text) * steps_per_unit)
