"""This file is who else is there: on each symbol makers who quote ladders and takers who hit them, all from a seed.

They trade through the exchange like anybody, from accounts that nobody watches, without fees and with more money
than a lifetime of steps can lose. A step is 50 ms of market, whatever the clock says: same seed, same market.
"""

import math
import random
from collections.abc import Mapping
from decimal import Decimal

from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.maker import Maker, holding_of
from woodlot.sandbox.prices import FairPrice, on_grid
from woodlot.sandbox.profiles import PROFILES, Ladder, Profile
from woodlot.sandbox.taker import Taker
from woodlot.wire.enums import OrderType
from woodlot.wire.public import Instrument

LEVELS = PROFILES["lively"].ladder.levels
"""Prices a lively maker keeps on each side; what a step takes away the next ones put back."""

# How often the crowd looks at what it has.
_STEPS_BETWEEN_LOOKS = 200
_MOST_LEAN = 3
_LEAN_LOTS = 2_000.0
_FREE = Decimal(0)
_QUOTE_FUNDS = Decimal(10) ** 12
_BASE_FUNDS_LOTS = 10**8


class Crowd:
    """Everybody but the users. `step` moves all symbols on by one step."""

    def __init__(
        self, exchange: Exchange, *, fair: Mapping[str, FairPrice], seed: int, profile: Profile = PROFILES["lively"]
    ) -> None:
        self.pits = {
            symbol: Pit(exchange, instrument, fair=fair[symbol], seed=seed, profile=profile)
            for symbol, instrument in exchange.instruments.items()
        }

    def open(self) -> None:
        """Put up the whole ladder at once."""
        for pit in self.pits.values():
            pit.open()

    def step(self) -> None:
        for pit in self.pits.values():
            pit.step()


class Pit:
    """One symbol's makers and takers. A scenario stops its takers, or everybody."""

    def __init__(
        self, exchange: Exchange, instrument: Instrument, *, fair: FairPrice, seed: int, profile: Profile
    ) -> None:
        self.is_open = True
        self.trades = True
        self.fair = fair
        self._exchange = exchange
        self._instrument = instrument
        self._chance = random.Random(f"{seed} crowd {instrument.symbol}")
        self._steps = 0
        self._start_base = on_grid(fair.lot * _BASE_FUNDS_LOTS, instrument.base_tick)
        makers, takers = self._account("maker"), self._account("taker", is_retail=profile.retail_takers)
        self.makers = [self._maker(makers, profile.ladder, OrderType.LIMIT)]
        if profile.rpi is not None and instrument.is_allowed_rpi and instrument.symbol.startswith("PERP_"):
            self.makers.append(self._maker(makers, profile.rpi, OrderType.RPI))
        self.taker = Taker(exchange, instrument, account_id=takers, fair=fair, profile=profile, chance=self._chance)

    def open(self) -> None:
        for maker in self.makers:
            maker.quote(at_most=2 * maker.ladder.levels)

    def step(self) -> None:
        self._steps += 1
        self.fair.advance()
        if not self.is_open:
            return
        for maker in self.makers:
            maker.step()
        if self._steps % _STEPS_BETWEEN_LOOKS == 0:
            self._look_at_inventory()
        if self.trades:
            # The last maker quotes nearest to the fair price.
            self.taker.step(self.makers[-1])

    def close(self) -> None:
        """Take all quotes back and stay away."""
        self.is_open = False
        for maker in self.makers:
            maker.withdraw()

    def _maker(self, account_id: str, ladder: Ladder, kind: OrderType) -> Maker:
        return Maker(
            self._exchange,
            self._instrument,
            account_id=account_id,
            fair=self.fair,
            ladder=ladder,
            chance=self._chance,
            kind=kind,
        )

    def _account(self, role: str, *, is_retail: bool = False) -> str:
        instrument = self._instrument
        funds = {instrument.quote_asset: _QUOTE_FUNDS}
        if not instrument.symbol.startswith("PERP_"):
            funds[instrument.base_asset] = self._start_base
        return self._exchange.open_account(
            f"{role} of {instrument.symbol}",
            funds,
            watched=False,
            taker_fee_bp=_FREE,
            maker_fee_bp=_FREE,
            perp_taker_fee_bp=_FREE,
            perp_maker_fee_bp=_FREE,
            is_retail=is_retail,
        ).id

    def _look_at_inventory(self) -> None:
        """Lean against what was collected: the taker by what it does, the makers by where they quote."""
        excess_lots = float(self._inventory(self.taker.account_id)) / self.fair.lot
        self.taker.lean_against(excess_lots)
        held_lots = float(self._inventory(self.makers[0].account_id)) / self.fair.lot
        self.makers[0].lean = -round(_MOST_LEAN * math.tanh(held_lots / _LEAN_LOTS))

    def _inventory(self, account_id: str) -> Decimal:
        """Return how much of the base asset somebody has more than at the start."""
        if self._instrument.symbol.startswith("PERP_"):
            positions = self._exchange.futures.positions(account_id, self._instrument.symbol)
            return sum((row.holding for row in positions.positions), Decimal(0))
        return holding_of(self._exchange, account_id, self._instrument.base_asset) - self._start_base
