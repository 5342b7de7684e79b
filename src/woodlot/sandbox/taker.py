"""This file is those who trade: one account per symbol that takes what the makers offer, in bursts and quiet spells."""

import contextlib
import math
import random

from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.maker import Maker
from woodlot.sandbox.prices import FairPrice, on_grid
from woodlot.sandbox.profiles import Profile
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.public import Instrument
from woodlot.wire.trade import PlaceOrder

# A large order is so many usual ones, and reaches so many times as far.
_LARGE = 20
_TOLERATED_LOTS = 500.0
# How much more likely a taker follows the side of the taker before: momentum is in the trades too.
_FOLLOWS = 0.1


class Taker:
    """Noise with a memory: who comes next rather follows who came last, and leans against what was collected."""

    def __init__(
        self,
        exchange: Exchange,
        instrument: Instrument,
        *,
        account_id: str,
        fair: FairPrice,
        profile: Profile,
        chance: random.Random,
    ) -> None:
        self.account_id = account_id
        self.chance_of_buying = 0.5
        self._exchange = exchange
        self._instrument = instrument
        self._fair = fair
        self._profile = profile
        self._chance = chance
        self._steps = 0
        self._next_trade = 0
        self._spell_ends = 0
        self._pace = 1.0
        self._last_side: Side | None = None

    def step(self, maker: Maker) -> None:
        """Come in if it is time."""
        self._steps += 1
        self._change_spell()
        if self._steps < self._next_trade:
            return
        wait = self._chance.randint(*self._profile.steps_between_trades)
        self._next_trade = self._steps + max(1, round(wait / self._pace))
        self._take(maker)

    def lean_against(self, excess_lots: float) -> None:
        """Make it likelier to give back what was collected, so that no number of days empties an account."""
        self.chance_of_buying = 0.5 - 0.3 * math.tanh(excess_lots / _TOLERATED_LOTS)

    def _change_spell(self) -> None:
        profile = self._profile
        if profile.burst <= 1 or self._steps < self._spell_ends:
            return
        is_burst = self._pace == 1.0
        self._pace = profile.burst if is_burst else 1.0
        length = profile.burst_steps if is_burst else profile.quiet_steps
        self._spell_ends = self._steps + max(1, round(self._chance.expovariate(1 / length)))

    def _take(self, maker: Maker) -> None:
        side = self._side()
        is_large = self._chance.randrange(self._profile.large_one_in) == 0
        reach = self._profile.slippage_levels * (2 if is_large else 1)
        size = self._fair.lot * (_LARGE if is_large else self._profile.taker_lots) * self._chance.lognormvariate(0, 0.7)
        price = (maker.centre + (reach if side is Side.BUY else -reach)) * maker.spacing
        order = PlaceOrder(
            symbol=self._instrument.symbol,
            side=side,
            type=OrderType.IOC,
            price=price,
            quantity=min(self._instrument.base_max, on_grid(size, self._instrument.base_tick)),
        )
        with contextlib.suppress(Refusal):
            self._exchange.place(self.account_id, order)

    def _side(self) -> Side:
        follows = {Side.BUY: _FOLLOWS, Side.SELL: -_FOLLOWS, None: 0.0}[self._last_side]
        buys = self._chance.random() < self.chance_of_buying + follows
        self._last_side = Side.BUY if buys else Side.SELL
        return self._last_side
