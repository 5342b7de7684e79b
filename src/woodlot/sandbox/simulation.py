"""This file is the whole market without a socket: the exchange, its crowd, its past, and what everybody is told.

Everything follows from the seed, the clock and the commands: the same ones give the same events, on every Python
version. The server gives it a socket; tests and simulations drive it by hand.
"""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from woodlot.clock import Clock
from woodlot.sandbox.crowd import Crowd
from woodlot.sandbox.events import (
    AlgoReported,
    BalancesChanged,
    ExchangeEvent,
    PositionsChanged,
    Reported,
    TradePrinted,
)
from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.faults import Faults
from woodlot.sandbox.feed import Feed, Push, trades_topic
from woodlot.sandbox.floor_status import FloorStatus
from woodlot.sandbox.history import History, make_up
from woodlot.sandbox.instruments import LISTING, PERPETUALS
from woodlot.sandbox.prices import STEPS_PER_SECOND, fair_prices, on_grid
from woodlot.sandbox.profiles import PROFILES
from woodlot.sandbox.pushes import spelled
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.tickers import FigureFeed
from woodlot.wire.events import Balance, BalanceUpdate, Position, PositionUpdate, Pushed
from woodlot.wire.public import Instrument
from woodlot.wire.topics import AlgoExecutionReports, Balances, ExecutionReports, Positions

STEP_MS = 1000 // STEPS_PER_SECOND

_REPORTS, _ALGO_REPORTS = ExecutionReports().name, AlgoExecutionReports().name
_BALANCES, _POSITIONS = Balances().name, Positions().name


class Telling(NamedTuple):
    """One push; with an account it is for that one alone."""

    topic: str
    event: Pushed
    account_id: str | None = None


class Simulation:
    """A market that moves when it is told to."""

    def __init__(
        self,
        *,
        clock: Clock,
        seed: int = 7,
        listing: Sequence[Instrument] = (*LISTING, *PERPETUALS),
        quirks: Quirks | None = None,
        faults: Faults | None = None,
        profile: str = "lively",
        quiet: bool = False,
    ) -> None:
        self.clock = clock
        self.seed = seed
        self.status = FloorStatus()
        self.users: list[str] = []
        """The accounts of people, apart from the crowd's."""
        self.quirks = quirks = quirks or Quirks()
        now_ms = clock.now_ms()
        self.exchange = Exchange(clock=clock, seed=seed, listing=listing, quirks=quirks)
        instruments = self.exchange.instruments
        self.fair = fair_prices(
            instruments, seed=seed, momentum=PROFILES[profile].momentum, pace=PROFILES[profile].pace
        )
        self.history = History(instruments)
        make_up(self.history, instruments=instruments, fair=self.fair, seed=seed, now_ms=now_ms)
        self.crowd = None if quiet else Crowd(self.exchange, fair=self.fair, seed=seed, profile=PROFILES[profile])
        if self.crowd is not None:
            self._supply_indexes()
            self.crowd.open()
        self.feed = Feed(self.exchange, now_ms=now_ms, quirks=quirks, faults=faults, clock=clock)
        self.figures = FigureFeed(
            instruments=instruments,
            history=self.history,
            perpetuals=self.exchange.perpetuals,
            index_of=self._index,
            quirks=quirks,
        )
        self._steps = 0

    def open_account(self, name: str, holdings: Mapping[str, Decimal | str]) -> str:
        """Open an account for a person and return its id."""
        account_id = self.exchange.open_account(name, holdings).id
        self.users.append(account_id)
        return account_id

    def step(self, steps: int = 1) -> None:
        """Move the market on by so many steps of 50 ms."""
        for _ in range(steps):
            self._steps += 1
            if self.crowd is not None:
                self.crowd.step()
                if self._steps % STEPS_PER_SECOND == 0:
                    self._supply_indexes()
        self.exchange.tick()

    def tell(self, *, wanted: frozenset[str] | None = None) -> list[Telling]:
        """Return what has happened since the last call: trades to all, the rest to whom it concerns; then touches.

        Only what is `wanted`, if that is given.
        """
        tellings: list[Telling] = []

        def is_heard(topic: str) -> bool:
            return wanted is None or topic in wanted

        for event in self._in_order(self.exchange.take_events()):
            match event:
                case TradePrinted(symbol, price, quantity, side, ts, rpi):
                    self.history.record(symbol, price=price, quantity=quantity, side=side, ts=ts)
                    if is_heard(trades_topic(symbol)):
                        push = self.feed.trade(symbol, price=price, quantity=quantity, side=side, ts=ts, rpi=rpi)
                        tellings.append(Telling(*push))
                case Reported():
                    if is_heard(_REPORTS):
                        tellings.append(Telling(_REPORTS, event.report, event.account_id))
                case BalancesChanged():
                    if is_heard(_BALANCES):
                        update = BalanceUpdate(balances=event.balances)
                        tellings.append(Telling(_BALANCES, update, event.account_id))
                case PositionsChanged(account_id, positions):
                    tellings.append(Telling(_POSITIONS, PositionUpdate(positions=positions), account_id))
                case AlgoReported(account_id, legs):
                    tellings.append(Telling(_ALGO_REPORTS, legs, account_id))
        tellings += _public(self.feed.touches(now_ms=self.clock.now_ms(), wanted=wanted))
        return tellings

    def state_of(self, topic: str, account_id: str) -> Pushed | None:
        """Return everything that a private topic tells of changes; None where it tells no state."""
        now_ms = self.clock.now_ms()
        if topic == _BALANCES:
            rows = self.exchange.balances(account_id)
            return BalanceUpdate(
                balances=tuple(
                    Balance(token=row.token, holding=row.holding, frozen=row.frozen, ts=now_ms) for row in rows
                )
            )
        if topic == _POSITIONS:
            held = self.exchange.futures.positions(account_id).positions
            return PositionUpdate(
                positions=tuple(
                    Position(symbol=row.symbol, holding=row.holding, position_side=row.position_side, ts=now_ms)
                    for row in held
                )
            )
        return None

    def publish(self, *, wanted: frozenset[str] = frozenset(), all_books: bool = True) -> list[Telling]:
        """Return what is due on the feeds' own clocks; of the figures, or of everything, only what is `wanted`."""
        now_ms = self.clock.now_ms()
        books = self.feed.tick(now_ms=now_ms, wanted=None if all_books else wanted)
        return _public([*books, *self.figures.tick(now_ms=now_ms, wanted=wanted)])

    def _in_order(self, events: list[ExchangeEvent]) -> list[ExchangeEvent]:
        if self.quirks.balances_before_reports:
            # No order is promised between topics (websocket-v3 §10).
            return sorted(events, key=lambda event: not isinstance(event, BalancesChanged | PositionsChanged))
        return events

    def _supply_indexes(self) -> None:
        """Let the index be the fair price: "the median ... on several exchanges" does not follow one user's orders."""
        for symbol in self.exchange.perpetuals.symbols:
            spot = symbol.replace("PERP_", "SPOT_")
            self.exchange.perpetuals.set_index(symbol, self._fair_price(spot if spot in self.fair else symbol))

    def _index(self, symbol: str) -> Decimal | None:
        if self.crowd is None:
            return self.exchange.mid(symbol) or self.exchange.last(symbol)
        return self._fair_price(symbol)

    def _fair_price(self, symbol: str) -> Decimal:
        return on_grid(self.fair[symbol].price, self.exchange.instruments[symbol].quote_tick)


class EventHash:
    """A fingerprint of everything that was told, in order: what "the same events" is measured by."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.events = 0

    def add(self, tellings: Sequence[Telling], *, ts: int) -> None:
        for telling in tellings:
            self.events += 1
            self._hash.update(f"{telling.account_id} ".encode() + spelled(telling.topic, telling.event, ts=ts))

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def _public(pushes: Sequence[Push]) -> list[Telling]:
    return [Telling(topic, event) for topic, event in pushes]
