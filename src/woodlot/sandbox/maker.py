"""This file is a market maker: one account that keeps a ladder of quotes around the fair price of one symbol."""

import contextlib
import math
import random
from decimal import Decimal

from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.prices import FairPrice, on_grid
from woodlot.sandbox.profiles import Ladder
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.public import Instrument
from woodlot.wire.trade import PlaceOrder


class Maker:
    """Quotes on both sides, put up, taken back and replaced step by step.

    `sides` says where it quotes at all; a scenario takes one away. `lean` moves its ladder by so many levels: a maker
    who holds too much of something asks less for it.
    """

    def __init__(
        self,
        exchange: Exchange,
        instrument: Instrument,
        *,
        account_id: str,
        fair: FairPrice,
        ladder: Ladder,
        chance: random.Random,
        kind: OrderType = OrderType.LIMIT,
    ) -> None:
        self.account_id = account_id
        self.ladder = ladder
        self.spacing = max(1, round(fair.price * ladder.spacing / float(instrument.quote_tick))) * instrument.quote_tick
        self.sides: frozenset[Side] = frozenset(Side)
        self.lean = 0
        self._exchange = exchange
        self._instrument = instrument
        self._fair = fair
        self._chance = chance
        self._kind = kind
        # Price in spacings -> the maker's order there. A bid below the fair price, an ask above it.
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}

    @property
    def centre(self) -> int:
        """The fair price, leant, in spacings."""
        furthest = self.ladder.first + self.ladder.levels + self.ladder.slack
        return max(furthest + 1, round(self._fair.price / float(self.spacing)) + self.lean)

    def step(self) -> None:
        """Look at the ladder once."""
        ladder = self.ladder
        if ladder.chance_per_step < 1 and self._chance.random() >= ladder.chance_per_step:
            return
        self._forget_filled()
        self._withdraw_misplaced()
        self._resize_some()
        self.quote(at_most=ladder.placed_per_step)

    def quote(self, *, at_most: int) -> None:
        """Put orders where the ladder has holes, those nearest to the fair price first."""
        centre, first = self.centre, self.ladder.first
        missing = (
            (orders, side, slot)
            for distance in range(first, first + self.ladder.levels)
            for orders, side, slot in (
                (self._bids, Side.BUY, centre - distance),
                (self._asks, Side.SELL, centre + distance),
            )
            if slot not in orders and side in self.sides
        )
        for (orders, side, slot), _ in zip(missing, range(at_most), strict=False):
            self._rest(orders, side, slot, abs(slot - centre))

    def withdraw(self) -> None:
        """Take everything back."""
        for orders in (self._bids, self._asks):
            for slot in list(orders):
                self._cancel(orders, slot)

    def _rest(self, orders: dict[int, int], side: Side, slot: int, distance: int) -> None:
        size = self._fair.lot * (1 + distance / self.ladder.levels) * self._chance.lognormvariate(0, 0.7)
        order = PlaceOrder(
            symbol=self._instrument.symbol,
            side=side,
            type=self._kind,
            price=slot * self.spacing,
            quantity=min(self._instrument.base_max, on_grid(size, self._instrument.base_tick)),
        )
        with contextlib.suppress(Refusal):
            orders[slot] = self._exchange.place(self.account_id, order).order_id

    def _forget_filled(self) -> None:
        """A maker's order that is better than the best price is gone: fills come from the touch inwards."""
        bids, asks = self._exchange.window(self._instrument.symbol, 1, rpi=self._kind is OrderType.RPI)
        best_bid = int(bids[0][0] / self.spacing) if bids else 0
        best_ask = math.ceil(asks[0][0] / self.spacing) if asks else math.inf
        for orders, gone in (
            (self._bids, [slot for slot in self._bids if slot > best_bid]),
            (self._asks, [slot for slot in self._asks if slot < best_ask]),
        ):
            for slot in gone:
                del orders[slot]

    def _withdraw_misplaced(self) -> None:
        """Take back what the fair price has crossed, before the other side is quoted there, and what is far away."""
        centre, first = self.centre, self.ladder.first
        farthest = first - 1 + self.ladder.levels + self.ladder.slack
        for slot in [slot for slot in self._bids if not centre - farthest <= slot <= centre - first]:
            self._cancel(self._bids, slot)
        for slot in [slot for slot in self._asks if not centre + first <= slot <= centre + farthest]:
            self._cancel(self._asks, slot)
        for side, orders in ((Side.BUY, self._bids), (Side.SELL, self._asks)):
            for slot in list(orders) if side not in self.sides else ():
                self._cancel(orders, slot)

    def _resize_some(self) -> None:
        """Cancel a few quotes, mostly near the touch; they are put back in another size."""
        centre, ladder = self.centre, self.ladder
        whole, part = divmod(ladder.resized_per_step, 1)
        for _ in range(int(whole) + (part > 0 and self._chance.random() < part)):
            distance = ladder.first - 1 + min(ladder.levels, 1 + int(self._chance.expovariate(ladder.nearness)))
            orders, slot = (
                (self._bids, centre - distance) if self._chance.random() < 0.5 else (self._asks, centre + distance)
            )
            if slot in orders:
                self._cancel(orders, slot)

    def _cancel(self, orders: dict[int, int], slot: int) -> None:
        # Refused means filled already, by a user at a price that another order still holds.
        with contextlib.suppress(Refusal):
            self._exchange.cancel(self.account_id, order_id=orders.pop(slot))


def holding_of(exchange: Exchange, account_id: str, asset: str) -> Decimal:
    """Return how much of an asset somebody has."""
    return exchange.balances(account_id, asset)[0].holding
