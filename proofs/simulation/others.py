"""This file is everybody else at the exchange: one trader who keeps both books moving, a few orders a step.

The sandbox's own crowd is livelier and costs ten times as much; what is proved here is not the market.
"""

import random
from collections import deque
from collections.abc import Mapping
from decimal import Decimal

from woodlot.sandbox.exchange import Exchange, Refusal
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import PlaceOrder

_MONEY = {"USDT": Decimal(10) ** 12, "WOO": Decimal(10) ** 12}
_LEVELS = 80
_MOST_RESTING = 240
_SHARE_OF_TAKERS = 0.15


class Others:
    """One account with more money than a lifetime of steps can lose. `around` is where each symbol trades at first."""

    def __init__(self, exchange: Exchange, *, around: Mapping[str, Decimal], seed: int) -> None:
        self._exchange = exchange
        self._chance = random.Random(seed)
        self._account = exchange.open_account("others", _MONEY, watched=False).id
        self._middle = dict(around)
        self._resting: dict[str, deque[int]] = {symbol: deque() for symbol in around}
        self._set_indexes()
        for _ in range(_MOST_RESTING // 2):
            for symbol in around:
                self._quote(symbol)

    def step(self) -> None:
        """Let each symbol's market change a little, or not at all."""
        for symbol in self._middle:
            luck = self._chance.random()
            if luck < _SHARE_OF_TAKERS:
                self._take(symbol)
            if luck < 0.8:
                self._quote(symbol)
        if self._chance.random() < 0.05:
            self._move()

    def _move(self) -> None:
        symbol = self._chance.choice(list(self._middle))
        self._middle[symbol] += self._chance.choice((-2, -1, 1, 2)) * self._exchange.instruments[symbol].quote_tick
        self._set_indexes()

    def _set_indexes(self) -> None:
        for symbol in self._exchange.perpetuals.symbols:
            self._exchange.perpetuals.set_index(symbol, self._middle[symbol])

    def _quote(self, symbol: str) -> None:
        item, resting = self._exchange.instruments[symbol], self._resting[symbol]
        side = self._chance.choice((Side.BUY, Side.SELL))
        away = self._chance.randint(1, _LEVELS) * item.quote_tick * (-1 if side is Side.BUY else 1)
        order = self._order(symbol, side, OrderType.LIMIT, self._middle[symbol] + away)
        ack = self._exchange.place(self._account, order)
        resting.append(ack.order_id)
        if len(resting) > _MOST_RESTING:
            self._cancel(resting.popleft())

    def _take(self, symbol: str) -> None:
        side = self._chance.choice((Side.BUY, Side.SELL))
        reach = 3 * self._exchange.instruments[symbol].quote_tick * (1 if side is Side.BUY else -1)
        self._exchange.place(self._account, self._order(symbol, side, OrderType.IOC, self._middle[symbol] + reach))

    def _cancel(self, order_id: int) -> None:
        try:
            self._exchange.cancel(self._account, order_id=order_id)
        except Refusal:
            return  # it has traded meanwhile

    def _order(self, symbol: str, side: Side, kind: OrderType, price: Decimal) -> PlaceOrder:
        item = self._exchange.instruments[symbol]
        least = max(item.base_min, (item.min_notional or Decimal(1)) / price)
        quantity = (least * self._chance.randint(2, 8)).quantize(item.base_tick, rounding="ROUND_UP")
        return PlaceOrder(symbol=symbol, side=side, type=kind, price=price, quantity=quantity)
