"""This file is who else is there: on each symbol one maker who quotes a ladder and one taker who hits it, seeded.

They trade through the exchange like anybody, from accounts that nobody watches, without fees and with more money
than a lifetime of steps can lose. A step is 50 ms of market, whatever the clock says: same seed, same market.
"""

import contextlib
import math
import random
from collections.abc import Mapping
from decimal import Decimal

from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.prices import FairPrice, on_grid
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.public import Instrument
from woodlot.wire.trade import PlaceOrder

LEVELS = 80
"""Prices the maker keeps on each side; what a step takes away the next ones put back."""

# Two neighbouring levels are this far apart, or a tick where that is more: the touch moves several times a second.
_SPACING = 2.5e-5
# A level is left alone until it is this much further out than the last one wanted: quotes do not flicker at the end.
_SLACK = 10
_RESIZED_PER_STEP = 2
_PLACED_PER_STEP = 8
# The taker comes again after so many steps: about 2.5 times a second, and never later than after 0.6 s.
_STEPS_BETWEEN_TRADES = (4, 12)
_TAKER_SLIPPAGE_LEVELS = 8
# How often the taker looks at what he has, and how much more than at the start makes him sell.
_STEPS_BETWEEN_LOOKS = 200
_TOLERATED_LOTS = 500.0
_FREE = Decimal(0)
_QUOTE_FUNDS = Decimal(10) ** 12
_BASE_FUNDS_LOTS = 10**8


class Crowd:
    """Everybody but the users. `step` moves all symbols on by one step."""

    def __init__(self, exchange: Exchange, *, fair: Mapping[str, FairPrice], seed: int) -> None:
        self._pits = [
            _Pit(exchange, instrument, fair=fair[symbol], seed=seed)
            for symbol, instrument in exchange.instruments.items()
        ]

    def open(self) -> None:
        """Put up the whole ladder at once."""
        for pit in self._pits:
            pit.quote(at_most=2 * LEVELS)

    def step(self) -> None:
        for pit in self._pits:
            pit.step()


class _Pit:
    """One symbol's maker and taker."""

    def __init__(self, exchange: Exchange, instrument: Instrument, *, fair: FairPrice, seed: int) -> None:
        self._exchange = exchange
        self._instrument = instrument
        self._fair = fair
        self._chance = random.Random(f"{seed} crowd {instrument.symbol}")
        self._spacing = max(1, round(fair.price * _SPACING / float(instrument.quote_tick))) * instrument.quote_tick
        funds = {
            instrument.quote_asset: _QUOTE_FUNDS,
            instrument.base_asset: on_grid(fair.lot * _BASE_FUNDS_LOTS, instrument.base_tick),
        }
        self._maker, self._taker = (
            exchange.open_account(
                f"{role} of {instrument.symbol}", funds, watched=False, taker_fee_bp=_FREE, maker_fee_bp=_FREE
            ).id
            for role in ("maker", "taker")
        )
        self._start_base = funds[instrument.base_asset]
        self._chance_of_buying = 0.5
        self._steps = 0
        self._next_trade = 0
        # Price in spacings -> the maker's order there. A bid below the fair price, an ask above it.
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}

    def step(self) -> None:
        self._steps += 1
        self._fair.advance()
        self._forget_filled()
        self._withdraw_misplaced()
        self._resize_some()
        self.quote(at_most=_PLACED_PER_STEP)
        if self._steps % _STEPS_BETWEEN_LOOKS == 0:
            self._look_at_inventory()
        if self._steps >= self._next_trade:
            self._next_trade = self._steps + self._chance.randint(*_STEPS_BETWEEN_TRADES)
            self._take()

    def quote(self, *, at_most: int) -> None:
        """Put orders where the ladder has holes, those nearest to the fair price first."""
        centre = self._centre()
        missing = (
            (orders, side, slot)
            for distance in range(1, LEVELS + 1)
            for orders, side, slot in (
                (self._bids, Side.BUY, centre - distance),
                (self._asks, Side.SELL, centre + distance),
            )
            if slot not in orders
        )
        for (orders, side, slot), _ in zip(missing, range(at_most), strict=False):
            self._rest(orders, side, slot, abs(slot - centre))

    def _centre(self) -> int:
        return max(LEVELS + _SLACK + 1, round(self._fair.price / float(self._spacing)))

    def _rest(self, orders: dict[int, int], side: Side, slot: int, distance: int) -> None:
        with contextlib.suppress(Refusal):
            orders[slot] = self._place(self._maker, side, OrderType.LIMIT, slot, self._size(1 + distance / LEVELS))

    def _forget_filled(self) -> None:
        """A maker's order that is better than the best price is gone: fills come from the touch inwards."""
        bids, asks = self._exchange.window(self._instrument.symbol, 1)
        best_bid = int(bids[0][0] / self._spacing) if bids else 0
        best_ask = math.ceil(asks[0][0] / self._spacing) if asks else math.inf
        for orders, gone in (
            (self._bids, [slot for slot in self._bids if slot > best_bid]),
            (self._asks, [slot for slot in self._asks if slot < best_ask]),
        ):
            for slot in gone:
                del orders[slot]

    def _withdraw_misplaced(self) -> None:
        """Take back what the fair price has crossed, before the other side is quoted there, and what is far away."""
        centre = self._centre()
        farthest = LEVELS + _SLACK
        for slot in [slot for slot in self._bids if not centre - farthest <= slot < centre]:
            self._cancel(self._bids, slot)
        for slot in [slot for slot in self._asks if not centre < slot <= centre + farthest]:
            self._cancel(self._asks, slot)

    def _resize_some(self) -> None:
        """Cancel a few quotes, mostly near the touch; they are put back in another size."""
        centre = self._centre()
        for _ in range(_RESIZED_PER_STEP):
            distance = min(LEVELS, 1 + int(self._chance.expovariate(0.12)))
            orders, slot = (
                (self._bids, centre - distance) if self._chance.random() < 0.5 else (self._asks, centre + distance)
            )
            if slot in orders:
                self._cancel(orders, slot)

    def _cancel(self, orders: dict[int, int], slot: int) -> None:
        # Refused means filled already, by a user at a price that another order still holds.
        with contextlib.suppress(Refusal):
            self._exchange.cancel(self._maker, order_id=orders.pop(slot))

    def _take(self) -> None:
        side = Side.BUY if self._chance.random() < self._chance_of_buying else Side.SELL
        reach = _TAKER_SLIPPAGE_LEVELS if side is Side.BUY else -_TAKER_SLIPPAGE_LEVELS
        with contextlib.suppress(Refusal):
            self._place(self._taker, side, OrderType.IOC, self._centre() + reach, self._size(0.5))

    def _place(self, account_id: str, side: Side, kind: OrderType, slot: int, quantity: Decimal) -> int:
        order = PlaceOrder(
            symbol=self._instrument.symbol, side=side, type=kind, price=slot * self._spacing, quantity=quantity
        )
        return self._exchange.place(account_id, order).order_id

    def _size(self, lots: float) -> Decimal:
        size = self._fair.lot * lots * self._chance.lognormvariate(0, 0.7)
        return min(self._instrument.base_max, on_grid(size, self._instrument.base_tick))

    def _look_at_inventory(self) -> None:
        """Lean against what was collected, so that no number of days empties an account."""
        holding = self._exchange.balances(self._taker, self._instrument.base_asset)[0].holding
        excess_lots = float(holding - self._start_base) / self._fair.lot
        self._chance_of_buying = 0.5 - 0.3 * math.tanh(excess_lots / _TOLERATED_LOTS)
