"""This file is what happens to an order that was accepted: it trades, rests or ends, and everybody concerned is told.

A command is checked completely before it comes here, so nothing is refused midway. What a match costs whom is the
affair of the market's settlement.
"""

from itertools import count
from typing import Final

from woodlot.sandbox.accounts import Fill
from woodlot.sandbox.events import Reported, TradePrinted
from woodlot.sandbox.market import Market
from woodlot.sandbox.orders import Order
from woodlot.sandbox.outbox import Outbox
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.reports import Step
from woodlot.sandbox.settlement import Settlement
from woodlot.wire.enums import OrderStatus, OrderType, Side

# Trade ids of the recordings had ten digits in 2025.
_FIRST_TRADE_ID = 2_000_000_001
_CONDITIONAL: Final = frozenset({OrderType.POST_ONLY, OrderType.RPI, OrderType.FOK})
"""The types that may find that they must not trade."""
# Members by a name of their own: up to Python 3.11 reading one off its class costs a call.
_BUY, _SELL = Side.BUY, Side.SELL
_FILLED, _PARTIAL, _RPI = OrderStatus.FILLED, OrderStatus.PARTIAL_FILLED, OrderType.RPI


class Execution:
    """Carry out accepted commands on one market at a time."""

    def __init__(self, *, spot: Settlement, perpetual: Settlement, outbox: Outbox, quirks: Quirks) -> None:
        self._spot = spot
        self._perpetual = perpetual
        self._events = outbox.events
        self._quirks = quirks
        self._trade_ids = count(_FIRST_TRADE_ID)

    def place(self, order: Order, market: Market, limit: int | None, now_ms: int) -> None:
        """Run a new order: NEW, its fills, and how it ends where it does not rest."""
        account = order.account
        account.admit(order)
        hindrance = _hindrance(order, market=market) if order.type in _CONDITIONAL else ""
        is_at_once = hindrance != "" or not order.rests or market.crosses(order.is_buy, order.price, account.is_retail)
        is_rejected = hindrance != "" and self._end_of(order) is OrderStatus.REJECTED
        if not is_rejected and (self._quirks.new_before_immediate_fill or not is_at_once):
            self._report(order, market, now_ms)
        self._run(order, market, limit, hindrance, now_ms, is_at_once)

    def edit(self, order: Order, *, market: Market, price: int, quantity: int, now_ms: int) -> None:
        """Give a resting order a new price and total quantity: REPLACED, then what follows from it."""
        lots = quantity - order.executed
        if price == order.price and lots <= order.lots and self._quirks.decrease_keeps_priority:
            self._reserve(order, market=market, sign=-1)
            market.book_of(order).shrink(order, lots)
            order.quantity = quantity
            self._reserve(order, market=market, sign=1)
            self._report(order, market=market, now_ms=now_ms, status=OrderStatus.REPLACED)
            return
        self._take_out(order, market=market)
        order.price, order.lots, order.quantity = price, lots, quantity
        self._report(order, market=market, now_ms=now_ms, status=OrderStatus.REPLACED)
        hindrance = _hindrance(order, market=market) if order.type in _CONDITIONAL else ""
        self._run(order, market, price, hindrance, now_ms, True)

    def cancel(self, order: Order, *, market: Market, now_ms: int, reason: str) -> None:
        """End a resting order and give back what it froze."""
        self._take_out(order, market=market)
        self._end(order, market=market, status=OrderStatus.CANCELLED, reason=reason, now_ms=now_ms)

    def _run(self, order: Order, market: Market, limit: int | None, hindrance: str, now_ms: int, meets: bool) -> None:  # noqa: FBT001
        """Let an order trade, if it may and may meet anybody, then rest or end."""
        if meets and not hindrance:
            self._trade(order, market, limit, now_ms)
        if order.status is _FILLED:
            return
        if order.rests and not hindrance:
            market.book_of(order).add(order, order.visible)
            self._reserve(order, market=market, sign=1)
            if market.rpi.version:
                self._retire_crossed(order, market=market, now_ms=now_ms)
            if market.is_perpetual:
                self._cancel_excess(order, market=market, now_ms=now_ms)
            return
        reason = hindrance or "nothing more to match within the price range"
        self._end(order, market=market, status=self._end_of(order), reason=reason, now_ms=now_ms)

    def _trade(self, order: Order, market: Market, limit: int | None, now_ms: int) -> None:
        is_retail = order.account.is_retail
        if market.is_perpetual:
            self._trade_one_by_one(order, market=market, limit=limit, is_retail=is_retail, now_ms=now_ms)
            return
        fills = market.match(order.is_buy, order.lots, limit, order.budget, is_retail)
        if order.budget is None:
            for maker, lots in fills:
                order.lots -= lots
                self._settle(order, maker, lots, market, now_ms, not order.lots)
            return
        for number, (maker, lots) in enumerate(fills, start=1):
            order.lots -= lots
            order.budget -= lots * maker.price
            is_done = number == len(fills) and self._is_dust(order, maker.price, market)
            self._settle(order, maker, lots, market, now_ms, is_done)

    def _trade_one_by_one(
        self, order: Order, *, market: Market, limit: int | None, is_retail: bool, now_ms: int
    ) -> None:
        """Meet one maker after the other: each fill may leave reduce-only orders further back with nothing to close."""
        while order.lots and (front := market.front_lots(is_buy=order.is_buy, limit=limit, is_retail=is_retail)):
            lots = min(front, order.lots)
            for maker, size in market.match(
                is_buy=order.is_buy, lots=lots, limit=limit, budget=None, is_retail=is_retail
            ):
                order.lots -= size
                self._settle(order, maker, size, market, now_ms, not order.lots)
                self._cancel_excess(maker, market=market, now_ms=now_ms)
                self._cancel_excess(order, market=market, now_ms=now_ms)

    def _cancel_excess(self, order: Order, *, market: Market, now_ms: int) -> None:
        for useless in self._perpetual.excess(order):
            self.cancel(useless, market=market, now_ms=now_ms, reason="nothing left to reduce")

    def _retire_crossed(self, order: Order, *, market: Market, now_ms: int) -> None:
        """Cancel the RPI orders that a resting order has crossed: it may not hit them, and a book is never crossed."""
        facing = market.rpi.asks if order.is_buy else market.rpi.bids
        while order.type is not OrderType.RPI and (level := facing.reachable(order.price)):
            for crossed in list(level.orders.values()):
                self.cancel(crossed, market=market, now_ms=now_ms, reason="the book has crossed this price")

    def _is_dust(self, order: Order, price: int, market: Market) -> bool:
        """Tell whether what is left of an amount buys less than a lot, at the last price or the next one."""
        if order.budget is None or not self._quirks.market_by_amount_with_dust_ends_filled:
            return not order.budget
        following = (market.book.asks if order.is_buy else market.book.bids).best
        return order.budget < price or (following is not None and order.budget < following.price)

    def _settle(self, taker: Order, maker: Order, lots: int, market: Market, now_ms: int, is_done: bool) -> None:  # noqa: FBT001
        """Book one match: money first, then the orders, then the word of it, the taker's before the maker's."""
        price, is_perpetual = maker.price, market.is_perpetual
        taker_pnl, maker_pnl = taker.pnl, maker.pnl
        settlement = self._perpetual if is_perpetual else self._spot
        taker_fee, maker_fee = settlement.settle(taker, maker, lots, market, now_ms)
        cost = lots * price * market.worth
        _book(taker, lots, cost, taker_fee, now_ms, is_done)
        _book(maker, lots, cost, maker_fee, now_ms, not maker.lots)
        market.traded(price)
        if is_perpetual:
            market.day.record(price, lots, now_ms=now_ms)
        is_rpi = maker.type is _RPI
        side = _BUY if taker.is_buy else _SELL
        self._events.append(
            TradePrinted(market.symbol, market.prices[price], market.quantities[lots], side, now_ms, is_rpi)
        )
        trade_id = next(self._trade_ids)
        maker_trade_id = next(self._trade_ids) if self._quirks.trade_id_per_side else trade_id
        for order, number, fee, before in (
            (taker, trade_id, taker_fee, taker_pnl),
            (maker, maker_trade_id, maker_fee, maker_pnl),
        ):
            if order.account.watched:
                pnl = order.pnl - before if is_perpetual else None
                fill = Fill(
                    number,
                    market.symbol,
                    order.id,
                    order.tag,
                    order.is_buy,
                    price,
                    lots,
                    fee,
                    order is maker,
                    now_ms,
                    order.stance.side,
                    pnl,
                    is_rpi,
                )
                self.tell(order, fill, market)

    def tell(self, order: Order, fill: Fill, market: Market) -> None:
        """Remember a fill of an account that is watched, and report it."""
        order.account.fills.append(fill)
        self._report(order, market, fill.ts, fill)

    def next_trade_id(self) -> int:
        return next(self._trade_ids)

    def _report(
        self,
        order: Order,
        market: Market,
        now_ms: int,
        fill: Fill | None = None,
        *,
        status: OrderStatus | None = None,
        reason: str = "",
    ) -> None:
        """Note an order as it stands, for whoever will read of it; `status` where it is not the order's."""
        account = order.account
        if account.watched:
            step = Step(
                order,
                market,
                status or order.status,
                order.price,
                order.quantity,
                order.executed,
                order.cost,
                order.fee,
                now_ms,
                fill,
                reason,
            )
            self._events.append(Reported(account.id, step))

    def _end(self, order: Order, *, market: Market, status: OrderStatus, reason: str, now_ms: int) -> None:
        order.status, order.changed_ms = status, now_ms
        order.account.finish(order)
        self._report(order, market=market, now_ms=now_ms, reason=reason)

    def _end_of(self, order: Order) -> OrderStatus:
        """Return how an order ends that may not go on and is not filled."""
        if order.type is OrderType.POST_ONLY or order.type is OrderType.RPI:
            return self._quirks.crossing_post_only_ends
        if order.type is OrderType.MARKET and order.executed and order.budget is None:
            return self._quirks.partial_market_ends
        return OrderStatus.CANCELLED

    def _take_out(self, order: Order, *, market: Market) -> None:
        market.book_of(order).remove(order)
        self._reserve(order, market=market, sign=-1)

    def _reserve(self, order: Order, *, market: Market, sign: int) -> None:
        settlement = self._perpetual if market.is_perpetual else self._spot
        settlement.reserve(order, market, sign)


def _book(order: Order, lots: int, cost: int, fee: int, now_ms: int, is_done: bool) -> None:  # noqa: FBT001 - the hot path
    """Count a fill of an order, which ends it if `is_done`."""
    order.executed += lots
    order.cost += cost
    order.fee += fee
    order.changed_ms = now_ms
    if is_done:
        order.status = _FILLED
        order.account.finish(order)
    else:
        order.status = _PARTIAL


def _hindrance(order: Order, *, market: Market) -> str:
    """Return why an order of a conditional type may not trade at all, or nothing."""
    kind, is_retail = order.type, order.account.is_retail
    if kind is OrderType.POST_ONLY and market.crosses(order.is_buy, order.price, is_retail):
        return "a post-only order would have matched"
    if kind is OrderType.RPI and market.crosses(order.is_buy, order.price, True):
        return "an RPI order would have matched"
    if kind is OrderType.FOK:
        found = sum(
            book.offer(is_buy=order.is_buy, lots=order.lots, limit=order.price)[0]
            for book in ((market.book, market.rpi) if is_retail else (market.book,))
        )
        if found < order.lots:
            return "not enough to fill or kill"
    return ""
