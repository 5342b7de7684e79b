"""This file is what an order asks for, worked out in whole numbers and held against its market's filters."""

from decimal import Decimal
from typing import Final

import msgspec

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.filters import check_bounds, check_notional, check_priced, lots_of, ticks_of
from woodlot.sandbox.ledger import available
from woodlot.sandbox.market import Market
from woodlot.sandbox.money import EXACT, units
from woodlot.sandbox.refusal import refusal
from woodlot.wire.amount import Number
from woodlot.wire.enums import OrderType, Side
from woodlot.wire.trade import PlaceOrder

# "`amount` precision: at most 8 decimals" (rest-v3 §6.3)
_AMOUNT_STEP = Decimal("1E-8")
# "no effect on MARKET/IOC/FOK" (rest-v3 §7.3)
_ALWAYS_SHOWN = frozenset({OrderType.MARKET, OrderType.IOC, OrderType.FOK})
_AT_THE_TOUCH = frozenset({OrderType.ASK, OrderType.BID})
# Members by a name of their own: up to Python 3.11 reading one off its class costs a call.
_BUY: Final = Side.BUY
_MARKET: Final = OrderType.MARKET


class Terms(msgspec.Struct, frozen=True, gc=False):
    """What an order asks for: ticks, lots, ticks times lots (`budget`) and units (`amount`, `cost`).

    `limit` is the worst price it may trade at, `asset` and `cost` what it may need of which asset.
    """

    price: int
    lots: int
    limit: int | None
    asset: str
    cost: int
    budget: int | None = None
    amount: int | None = None
    visible: int | None = None
    level: int | None = None


def terms_of(order: PlaceOrder, market: Market, account: Account) -> Terms:
    """Return the terms of an order whose fields fit together. Raises the first Refusal."""
    is_buy, kind = order.side is _BUY, order.type
    amount = None if order.amount is None else number(order.amount)
    if kind is _MARKET:
        if amount is not None:
            return _by_amount(amount, market=market, is_buy=is_buy, account=account)
        return _by_quantity(_given(order.quantity), market=market, is_buy=is_buy)
    level = _level(order, market=market) if kind in _AT_THE_TOUCH else None
    if level is not None:
        ticks = _ticks_at(level, order, market=market)
    else:
        ticks = ticks_of(_given(order.price), market)
        if order.post_only_adjusted and kind is OrderType.POST_ONLY:
            ticks = _off_the_touch(ticks, market=market, is_buy=is_buy)
    lots = lots_of(_given(order.quantity), market) if amount is None else _lots_for(amount, ticks, market)
    check_priced(ticks, lots, market, is_buy)
    return Terms(
        price=ticks,
        lots=lots,
        limit=ticks,
        asset=market.quote if is_buy else market.base,
        cost=ticks * lots * market.worth if is_buy else lots * market.lot,
        amount=None if amount is None else units(amount),
        visible=None if order.visible_quantity is None else _visible(order, lots=lots, market=market),
        level=level,
    )


def paid_in(market: Market, *, is_buy: bool) -> str:
    """Return the asset that an order on this side spends."""
    return market.quote if is_buy else market.base


def number(value: Number | None) -> Decimal | None:
    """Return a request's amount, which is exact since the request was built."""
    return value if value is None or isinstance(value, Decimal) else Decimal(value)


def _given(value: Number | None) -> Decimal:
    assert value is not None  # noqa: S101 - the fields were checked before
    return value if isinstance(value, Decimal) else Decimal(value)


def _level(order: PlaceOrder, *, market: Market) -> int:
    """Return the level: "integer 1 to 5 in a client's notes; level 1 is the best price" (rest-v3 §7.1)."""
    level = 1 if order.bid_ask_level is None else order.bid_ask_level
    if not 1 <= level <= market.most_level:
        raise refusal(-1005, problem=f"bidAskLevel must be 1 to {market.most_level}")
    return level


def _ticks_at(level: int, order: PlaceOrder, *, market: Market) -> int:
    """Return the price of a level in ticks."""
    shown = market.shown(is_bid=order.type is OrderType.BID, depth=level, rpi=False)
    if len(shown) < level:
        raise refusal(-1103, problem=f"the book has no level {level} on the {order.type} side")
    return shown[-1][0]


def _off_the_touch(ticks: int, *, market: Market, is_buy: bool) -> int:
    """Obey "with `postOnlyAdjusted` the price is moved so that it does not cross" (rest-v3 §7.1)."""
    facing = (market.book.asks if is_buy else market.book.bids).best
    if facing is None:
        return ticks
    return min(ticks, facing.price - 1) if is_buy else max(ticks, facing.price + 1)


def _visible(order: PlaceOrder, *, lots: int, market: Market) -> int | None:
    """Return the lots to show at a time: "0 = hidden, default = `quantity`; above is refused" (rest-v3 §7.3)."""
    visible = number(order.visible_quantity)
    if visible is None or order.type in _ALWAYS_SHOWN:
        return None
    shown = 0 if visible == 0 else lots_of(visible, market=market) if visible > 0 else -1
    if not 0 <= shown <= lots:
        raise refusal(-1104, problem="visibleQuantity must be 0 to quantity")
    return shown


def _lots_for(amount: Decimal, ticks: int, market: Market) -> int:
    return _value(amount) // market.worth // max(1, ticks)


def _by_quantity(quantity: Decimal, *, market: Market, is_buy: bool) -> Terms:
    """Return the terms of a MARKET order by quantity.

    A buy reserves quantity × reference × bidCapRatio, which is what its `amount` reads back as (rest-v3 §6.3); where
    no ratio bounds it, what the walk will cost.
    """
    lots = lots_of(quantity, market=market)
    check_bounds(market=market, lots=lots)
    reference = market.walk_reference(is_buy=is_buy)
    if reference is not None:
        check_notional(reference * lots * market.worth, market=market)
    limit = market.walk_limit(is_buy=is_buy)
    asset = paid_in(market, is_buy=is_buy)
    if market.is_perpetual:
        cost = market.book.offer(is_buy=is_buy, lots=lots, limit=limit)[1] * market.worth
        return Terms(price=0, lots=lots, limit=limit, asset=market.quote, cost=cost)
    if not is_buy:
        return Terms(price=0, lots=lots, limit=limit, asset=asset, cost=lots * market.lot)
    reserve = market.reserve(lots)
    if reserve is not None:
        return Terms(price=0, lots=lots, limit=limit, asset=asset, cost=reserve, amount=reserve)
    cost = market.book.offer(is_buy=True, lots=lots, limit=limit)[1] * market.worth
    return Terms(price=0, lots=lots, limit=limit, asset=asset, cost=cost)


def _by_amount(amount: Decimal, *, market: Market, is_buy: bool, account: Account) -> Terms:
    """Return the terms of a MARKET order by amount; a sell takes no more lots than are free, unless it may borrow."""
    value = _value(amount)
    check_notional(value, market=market)
    budget = value // market.worth
    reference = market.walk_reference(is_buy=is_buy)
    estimate = budget // reference if reference else 0
    check_bounds(market=market, lots=max(estimate, market.fewest_lots))
    limit = market.walk_limit(is_buy=is_buy)
    if is_buy:
        quote = market.quote
        return Terms(price=0, lots=market.most_lots, limit=limit, asset=quote, cost=value, budget=budget, amount=value)
    base = market.base
    free = max(0, available(account.wallet, base)) // market.lot
    # What is borrowed must be bounded too: a thin book could take many times the estimate.
    lots = min(market.most_lots, max(free, estimate) if account.may_borrow else free)
    return Terms(price=0, lots=lots, limit=limit, asset=base, cost=estimate * market.lot, budget=budget, amount=value)


def _value(amount: Decimal) -> int:
    if amount <= 0:
        raise refusal(302135)
    if EXACT.remainder(amount, _AMOUNT_STEP):
        raise refusal(-1005, problem="amount must have at most 8 decimals")
    return units(amount)
