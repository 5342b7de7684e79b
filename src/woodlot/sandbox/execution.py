"""This file is what happens to an order that was accepted: it trades, rests or ends, and everybody concerned is told.

Money moves here and nowhere else. A command is checked completely before it comes here, so nothing is refused midway.
"""

from collections.abc import Mapping
from itertools import count

from woodlot.sandbox.accounts import Account, Fill
from woodlot.sandbox.events import Reported, TradePrinted
from woodlot.sandbox.ledger import Ledger
from woodlot.sandbox.market import Market
from woodlot.sandbox.orders import Order
from woodlot.sandbox.outbox import Outbox
from woodlot.sandbox.quirks import Quirks
from woodlot.sandbox.reports import execution_report
from woodlot.wire.enums import OrderStatus, OrderType, Side

# Trade ids of the recordings had ten digits in 2025.
_FIRST_TRADE_ID = 2_000_000_001


class Execution:
    """Carry out accepted commands on one market at a time."""

    def __init__(self, *, accounts: Mapping[str, Account], ledger: Ledger, outbox: Outbox, quirks: Quirks) -> None:
        self._accounts = accounts
        self._ledger = ledger
        self._outbox = outbox
        self._quirks = quirks
        self._trade_ids = count(_FIRST_TRADE_ID)

    def place(self, order: Order, *, market: Market, limit: int | None, now_ms: int) -> None:
        """Run a new order: NEW, its fills, and how it ends where it does not rest."""
        self._accounts[order.account_id].admit(order)
        hindrance = _hindrance(order, market=market)
        is_at_once = hindrance != "" or not order.rests or market.book.crosses(is_buy=order.is_buy, price=order.price)
        is_rejected = hindrance != "" and self._end_of(order) is OrderStatus.REJECTED
        if not is_rejected and (self._quirks.new_before_immediate_fill or not is_at_once):
            self._report(order, market=market, now_ms=now_ms)
        self._run(order, market=market, limit=limit, hindrance=hindrance, now_ms=now_ms)

    def edit(self, order: Order, *, market: Market, price: int, quantity: int, now_ms: int) -> None:
        """Give a resting order a new price and total quantity: REPLACED, then what follows from it."""
        lots = quantity - order.executed
        if price == order.price and lots <= order.lots and self._quirks.decrease_keeps_priority:
            self._freeze(order, market=market, sign=-1)
            market.book.shrink(order, lots)
            order.quantity = quantity
            self._freeze(order, market=market, sign=1)
            self._report(order, market=market, now_ms=now_ms, status=OrderStatus.REPLACED)
            return
        self._take_out(order, market=market)
        order.price, order.lots, order.quantity = price, lots, quantity
        self._report(order, market=market, now_ms=now_ms, status=OrderStatus.REPLACED)
        self._run(order, market=market, limit=price, hindrance=_hindrance(order, market=market), now_ms=now_ms)

    def cancel(self, order: Order, *, market: Market, now_ms: int, reason: str) -> None:
        """End a resting order and give back what it froze."""
        self._take_out(order, market=market)
        self._end(order, market=market, status=OrderStatus.CANCELLED, reason=reason, now_ms=now_ms)

    def _run(self, order: Order, *, market: Market, limit: int | None, hindrance: str, now_ms: int) -> None:
        if not hindrance:
            self._trade(order, market=market, limit=limit, now_ms=now_ms)
        if order.status is OrderStatus.FILLED:
            return
        if order.rests and not hindrance:
            market.book.add(order)
            self._freeze(order, market=market, sign=1)
            return
        reason = hindrance or "nothing more to match within the price range"
        self._end(order, market=market, status=self._end_of(order), reason=reason, now_ms=now_ms)

    def _trade(self, order: Order, *, market: Market, limit: int | None, now_ms: int) -> None:
        book = market.book
        fills = book.match(is_buy=order.is_buy, lots=order.lots, limit=limit, budget=order.budget)
        for number, (maker, lots) in enumerate(fills, start=1):
            order.lots -= lots
            if order.budget is not None:
                order.budget -= lots * maker.price
            is_last = number == len(fills)
            is_done = not order.lots if order.budget is None else is_last and self._is_dust(order, maker.price, market)
            self._settle(order, maker, lots, is_done=is_done, market=market, now_ms=now_ms)

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
        held_in = market.quote if maker.is_buy else market.base
        making.wallet[held_in].frozen -= market.hold(is_buy=maker.is_buy, price=price, lots=lots)
        taker_fee, maker_fee = self._pay(taking, making, is_buy=taker.is_buy, lots=lots, cost=cost, market=market)
        self._book(taker, taking, lots=lots, cost=cost, fee=taker_fee, is_done=is_done)
        self._book(maker, making, lots=lots, cost=cost, fee=maker_fee, is_done=not maker.lots)
        market.last = price
        side = Side.BUY if taker.is_buy else Side.SELL
        self._outbox.add(TradePrinted(market.symbol, market.price(price), market.quantity(lots), side, now_ms))
        trade_id = next(self._trade_ids)
        maker_trade_id = next(self._trade_ids) if self._quirks.trade_id_per_side else trade_id
        for order, account, number, fee in (
            (taker, taking, trade_id, taker_fee),
            (maker, making, maker_trade_id, maker_fee),
        ):
            if account.watched:
                is_maker = order is maker
                fill = Fill(
                    number, market.symbol, order.id, order.tag, order.is_buy, price, lots, fee, is_maker, now_ms
                )
                self._tell(order, account, fill=fill, market=market)

    def _pay(
        self, taking: Account, making: Account, *, is_buy: bool, lots: int, cost: int, market: Market
    ) -> tuple[int, int]:
        """Exchange base for quote; each side pays its fee out of what it gets. Return the taker's and the maker's."""
        base, quote = (market.base, lots * market.lot), (market.quote, cost)
        taken, given = (base, quote) if is_buy else (quote, base)
        taker_fee = self._ledger.fee(taken[1], rate=taking.taker_rate)
        maker_fee = self._ledger.fee(given[1], rate=making.maker_rate)
        self._ledger.pay(payer=making.wallet, receiver=taking.wallet, asset=taken[0], amount=taken[1], fee=taker_fee)
        self._ledger.pay(payer=taking.wallet, receiver=making.wallet, asset=given[0], amount=given[1], fee=maker_fee)
        return taker_fee, maker_fee

    def _book(self, order: Order, account: Account, *, lots: int, cost: int, fee: int, is_done: bool) -> None:
        order.executed += lots
        order.cost += cost
        order.fee += fee
        order.status = OrderStatus.FILLED if is_done else OrderStatus.PARTIAL_FILLED
        if is_done:
            account.finish(order)

    def _tell(self, order: Order, account: Account, *, fill: Fill, market: Market) -> None:
        account.remember(fill)
        self._outbox.touch(account, market.base, market.quote)
        self._outbox.add(Reported(account.id, execution_report(order, market=market, now_ms=fill.ts, fill=fill)))

    def _report(
        self, order: Order, *, market: Market, now_ms: int, status: OrderStatus | None = None, reason: str = ""
    ) -> None:
        if self._accounts[order.account_id].watched:
            report = execution_report(order, market=market, now_ms=now_ms, status=status, reason=reason)
            self._outbox.add(Reported(order.account_id, report))

    def _end(self, order: Order, *, market: Market, status: OrderStatus, reason: str, now_ms: int) -> None:
        order.status = status
        self._accounts[order.account_id].finish(order)
        self._report(order, market=market, now_ms=now_ms, reason=reason)

    def _end_of(self, order: Order) -> OrderStatus:
        """Return how an order ends that may not go on and is not filled."""
        if order.type is OrderType.POST_ONLY:
            return self._quirks.crossing_post_only_ends
        if order.type is OrderType.MARKET and order.executed and order.budget is None:
            return self._quirks.partial_market_ends
        return OrderStatus.CANCELLED

    def _take_out(self, order: Order, *, market: Market) -> None:
        market.book.remove(order)
        self._freeze(order, market=market, sign=-1)

    def _freeze(self, order: Order, *, market: Market, sign: int) -> None:
        account = self._accounts[order.account_id]
        asset = market.quote if order.is_buy else market.base
        account.wallet[asset].frozen += sign * market.hold(is_buy=order.is_buy, price=order.price, lots=order.lots)
        self._outbox.touch(account, asset)


def _hindrance(order: Order, *, market: Market) -> str:
    """Return why an order may not trade at all, or nothing."""
    if order.type is OrderType.POST_ONLY and market.book.crosses(is_buy=order.is_buy, price=order.price):
        return "a post-only order would have matched"
    if order.type is OrderType.FOK:
        found, _ = market.book.offer(is_buy=order.is_buy, lots=order.lots, limit=order.price)
        if found < order.lots:
            return "not enough to fill or kill"
    return ""
