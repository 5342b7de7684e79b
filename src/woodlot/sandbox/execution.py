"""This file is what happens to an order that was accepted: it trades, rests or ends, and everybody concerned is told.

A command is checked completely before it comes here, so nothing is refused midway. What a match costs whom is the
affair of the market's settlement.
"""

from collections.abc import Mapping
from itertools import count

from woodlot.sandbox.accounts import Account, Fill
from woodlot.sandbox.events import Reported, TradePrinted
from woodlot.sandbox.market import Market
from woodlot.sandbox.orders import Order
from woodlot.sandbox.outbox import Outbox
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.reports import step_of
from woodlot.sandbox.settlement import Settlement
from woodlot.wire.enums import OrderStatus, OrderType, Side

# Trade ids of the recordings had ten digits in 2025.
_FIRST_TRADE_ID = 2_000_000_001


class Execution:
    """Carry out accepted commands on one market at a time."""

    def __init__(
        self,
        *,
        accounts: Mapping[str, Account],
        spot: Settlement,
        perpetual: Settlement,
        outbox: Outbox,
        quirks: Quirks,
    ) -> None:
        self._accounts = accounts
        self._spot = spot
        self._perpetual = perpetual
        self._outbox = outbox
        self._quirks = quirks
        self._trade_ids = count(_FIRST_TRADE_ID)

    def place(self, order: Order, *, market: Market, limit: int | None, now_ms: int) -> None:
        """Run a new order: NEW, its fills, and how it ends where it does not rest."""
        account = self._accounts[order.account_id]
        account.admit(order)
        hindrance = _hindrance(order, market=market, is_retail=account.is_retail)
        is_at_once = (
            hindrance != ""
            or not order.rests
            or market.crosses(is_buy=order.is_buy, price=order.price, is_retail=account.is_retail)
        )
        is_rejected = hindrance != "" and self._end_of(order) is OrderStatus.REJECTED
        if not is_rejected and (self._quirks.new_before_immediate_fill or not is_at_once):
            self._report(order, market=market, now_ms=now_ms)
        self._run(order, market=market, limit=limit, hindrance=hindrance, now_ms=now_ms, meets=is_at_once)

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
        is_retail = self._accounts[order.account_id].is_retail
        hindrance = _hindrance(order, market=market, is_retail=is_retail)
        self._run(order, market=market, limit=price, hindrance=hindrance, now_ms=now_ms)

    def cancel(self, order: Order, *, market: Market, now_ms: int, reason: str) -> None:
        """End a resting order and give back what it froze."""
        self._take_out(order, market=market)
        self._end(order, market=market, status=OrderStatus.CANCELLED, reason=reason, now_ms=now_ms)

    def _run(
        self, order: Order, *, market: Market, limit: int | None, hindrance: str, now_ms: int, meets: bool = True
    ) -> None:
        """Let an order trade, if it may and may meet anybody, then rest or end."""
        if meets and not hindrance:
            self._trade(order, market=market, limit=limit, now_ms=now_ms)
        if order.status is OrderStatus.FILLED:
            return
        if order.rests and not hindrance:
            market.book_of(order).add(order, order.visible)
            self._reserve(order, market=market, sign=1)
            if market.rpi.version:
                self._retire_crossed(order, market=market, now_ms=now_ms)
            self._cancel_excess(order, market=market, now_ms=now_ms)
            return
        reason = hindrance or "nothing more to match within the price range"
        self._end(order, market=market, status=self._end_of(order), reason=reason, now_ms=now_ms)

    def _trade(self, order: Order, *, market: Market, limit: int | None, now_ms: int) -> None:
        is_retail = self._accounts[order.account_id].is_retail
        if market.is_perpetual:
            self._trade_one_by_one(order, market=market, limit=limit, is_retail=is_retail, now_ms=now_ms)
            return
        fills = market.match(
            is_buy=order.is_buy, lots=order.lots, limit=limit, budget=order.budget, is_retail=is_retail
        )
        for number, (maker, lots) in enumerate(fills, start=1):
            order.lots -= lots
            if order.budget is not None:
                order.budget -= lots * maker.price
            is_last = number == len(fills)
            is_done = not order.lots if order.budget is None else is_last and self._is_dust(order, maker.price, market)
            self._settle(order, maker, lots, is_done=is_done, market=market, now_ms=now_ms)

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
                self._settle(order, maker, size, is_done=not order.lots, market=market, now_ms=now_ms)
                self._cancel_excess(maker, market=market, now_ms=now_ms)
                self._cancel_excess(order, market=market, now_ms=now_ms)

    def _cancel_excess(self, order: Order, *, market: Market, now_ms: int) -> None:
        if market.is_perpetual:
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

    def _settle(self, taker: Order, maker: Order, lots: int, *, is_done: bool, market: Market, now_ms: int) -> None:
        """Book one match: money first, then the orders, then the word of it, the taker's before the maker's."""
        price = maker.price
        cost = lots * price * market.worth
        taking, making = self._accounts[taker.account_id], self._accounts[maker.account_id]
        pnl_before = taker.pnl, maker.pnl
        settlement = self._perpetual if market.is_perpetual else self._spot
        taker_fee, maker_fee = settlement.settle(taker, maker, lots=lots, market=market, now_ms=now_ms)
        self._book(taker, taking, lots=lots, cost=cost, fee=taker_fee, is_done=is_done)
        self._book(maker, making, lots=lots, cost=cost, fee=maker_fee, is_done=not maker.lots)
        taker.changed_ms = maker.changed_ms = now_ms
        market.traded(price)
        if market.is_perpetual:
            market.day.record(price, lots, now_ms=now_ms)
        is_rpi = maker.type is OrderType.RPI
        side = Side.BUY if taker.is_buy else Side.SELL
        self._outbox.add(TradePrinted(market.symbol, market.price(price), market.quantity(lots), side, now_ms, is_rpi))
        trade_id = next(self._trade_ids)
        maker_trade_id = next(self._trade_ids) if self._quirks.trade_id_per_side else trade_id
        for order, account, number, fee, before in (
            (taker, taking, trade_id, taker_fee, pnl_before[0]),
            (maker, making, maker_trade_id, maker_fee, pnl_before[1]),
        ):
            if account.watched:
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
                    order.pnl - before if market.is_perpetual else None,
                    is_rpi,
                )
                self.tell(order, account, fill=fill, market=market)

    def tell(self, order: Order, account: Account, *, fill: Fill, market: Market) -> None:
        """Remember a fill and report it."""
        account.remember(fill)
        self._outbox.add(Reported(account.id, step_of(order, market=market, now_ms=fill.ts, fill=fill)))

    def next_trade_id(self) -> int:
        return next(self._trade_ids)

    def _book(self, order: Order, account: Account, *, lots: int, cost: int, fee: int, is_done: bool) -> None:
        order.executed += lots
        order.cost += cost
        order.fee += fee
        order.status = OrderStatus.FILLED if is_done else OrderStatus.PARTIAL_FILLED
        if is_done:
            account.finish(order)

    def _report(
        self, order: Order, *, market: Market, now_ms: int, status: OrderStatus | None = None, reason: str = ""
    ) -> None:
        if self._accounts[order.account_id].watched:
            step = step_of(order, market=market, now_ms=now_ms, status=status, reason=reason)
            self._outbox.add(Reported(order.account_id, step))

    def _end(self, order: Order, *, market: Market, status: OrderStatus, reason: str, now_ms: int) -> None:
        order.status, order.changed_ms = status, now_ms
        self._accounts[order.account_id].finish(order)
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
        settlement.reserve(order, market=market, sign=sign)


def _hindrance(order: Order, *, market: Market, is_retail: bool) -> str:
    """Return why an order may not trade at all, or nothing."""
    kind = order.type
    if kind is OrderType.POST_ONLY and market.crosses(is_buy=order.is_buy, price=order.price, is_retail=is_retail):
        return "a post-only order would have matched"
    if kind is OrderType.RPI and market.crosses(is_buy=order.is_buy, price=order.price, is_retail=True):
        return "an RPI order would have matched"
    if kind is OrderType.FOK:
        found = sum(
            book.offer(is_buy=order.is_buy, lots=order.lots, limit=order.price)[0]
            for book in ((market.book, market.rpi) if is_retail else (market.book,))
        )
        if found < order.lots:
            return "not enough to fill or kill"
    return ""
