"""This file is what an order has to pass before it gets an id, in the order of rest-v3 §13.2 rule 5:

"required fields, symbol, type, quantity xor amount, tick, step, min/max, notional, ratio, mode/positionSide, balance,
clientOrderId". The first rule that is broken raises its Refusal; nothing here changes anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.filters import check_band, check_bounds, lots_of, ticks_of
from woodlot.sandbox.ledger import available
from woodlot.sandbox.market import Market
from woodlot.sandbox.money import EXACT, units
from woodlot.sandbox.orders import Order
from woodlot.sandbox.refusal import refusal
from woodlot.wire.amount import Number
from woodlot.wire.enums import OrderType, PositionSide, Side
from woodlot.wire.public import InstrumentStatus
from woodlot.wire.trade import LARGEST_CLIENT_ORDER_ID, EditOrder, PlaceOrder

LONGEST_TAG: Final = 64
"""rest-v3 §7.3."""
_PRICED = frozenset({OrderType.LIMIT, OrderType.IOC, OrderType.FOK, OrderType.POST_ONLY})
_SUPPORTED = _PRICED | {OrderType.MARKET}
# "`amount` precision: at most 8 decimals" (rest-v3 §6.3)
_AMOUNT_STEP = Decimal("1E-8")


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order asks for, in whole numbers: ticks, lots, ticks times lots (`budget`) and units (`amount`, `cost`).

    `limit` is the worst price it may trade at, `asset` and `cost` what it may need of which asset.
    """

    price: int
    lots: int
    limit: int | None
    asset: str
    cost: int
    budget: int | None = None
    amount: int | None = None


def check_place(order: PlaceOrder, *, markets: Mapping[str, Market], account: Account) -> tuple[Market, Terms]:
    """Return the market and the terms of an order that may be accepted. Raises the first Refusal."""
    _check_fields(order)
    market = market_of(order.symbol, markets)
    _check_support(order)
    _check_size_words(order)
    terms = _terms(order, market=market, account=account)
    _check_mode(order, account=account)
    check_funds(account, asset=terms.asset, cost=terms.cost)
    if account.watched and order.client_order_id and account.has_open(order.client_order_id):
        raise refusal(302117)
    return market, terms


def check_edit(edit: EditOrder, *, order: Order, market: Market, account: Account) -> tuple[int, int]:
    """Return the new price in ticks and the new total in lots. Raises the first Refusal."""
    price, quantity = number(edit.price), number(edit.quantity)
    if price is None and quantity is None:
        raise refusal(-1005, problem="price or quantity is required")
    ticks = order.price if price is None else ticks_of(price, market=market)
    lots = order.quantity if quantity is None else lots_of(quantity, market=market)
    if lots <= order.executed:
        raise refusal(317170)
    check_bounds(market=market, ticks=ticks, lots=lots)
    _check_notional(ticks * lots * market.worth, market=market)
    check_band(market=market, is_buy=order.is_buy, ticks=ticks)
    before = market.hold(is_buy=order.is_buy, price=order.price, lots=order.lots)
    after = market.hold(is_buy=order.is_buy, price=ticks, lots=lots - order.executed)
    check_funds(account, asset=_paid_in(market, is_buy=order.is_buy), cost=after - before)
    return ticks, lots


def market_of(symbol: str, markets: Mapping[str, Market]) -> Market:
    """Return the market that trades a symbol. Raises a Refusal if there is none or it is closed."""
    market = markets.get(symbol)
    if market is None:
        raise refusal(317155, symbol=symbol[:60])
    instrument = market.instrument
    # "only `TRADING` accepts orders" (rest-v3 §6.2)
    if instrument.status is not InstrumentStatus.TRADING:
        raise refusal(317157, base=instrument.base_asset, quote=instrument.quote_asset)
    return market


def check_funds(account: Account, *, asset: str, cost: int) -> None:
    """Raise a Refusal unless `cost` of an asset is free. What was free already may always be given back."""
    if cost > 0 and cost > available(account.wallet, asset):
        raise refusal(302301)


def number(value: Number | None) -> Decimal | None:
    """Return a request's amount, which is exact since the request was built."""
    return value if value is None or isinstance(value, Decimal) else Decimal(value)


def _check_fields(order: PlaceOrder) -> None:
    if not order.symbol:
        raise refusal(-1005, problem="symbol must not be blank")
    if order.type in _PRICED and order.price is None:
        raise refusal(-1005, problem=f"price is required for {order.type} orders")
    if order.order_tag is not None and len(order.order_tag) > LONGEST_TAG:
        raise refusal(-1005, problem=f"orderTag must have at most {LONGEST_TAG} characters")
    if order.client_order_id is not None and not 0 <= order.client_order_id <= LARGEST_CLIENT_ORDER_ID:
        raise refusal(317164)


def _check_support(order: PlaceOrder) -> None:
    """Refuse what this sandbox would have to pretend: success is answered only when the thing was done."""
    if order.type not in _SUPPORTED:
        raise refusal(317167, type=order.type)
    if order.post_only_adjusted:
        raise refusal(-1005, problem="postOnlyAdjusted is not supported by the sandbox yet")
    visible = number(order.visible_quantity)
    if visible is None or order.type not in {OrderType.LIMIT, OrderType.POST_ONLY}:
        return
    # "0 = hidden, default = `quantity`; negative or above `quantity` is refused" (rest-v3 §7.3)
    if visible < 0 or (order.quantity is not None and visible > Decimal(order.quantity)):
        raise refusal(-1104, problem="visibleQuantity must be 0 to quantity")
    if visible != number(order.quantity):
        raise refusal(-1005, problem="hidden and iceberg orders are not supported by the sandbox yet")


def _check_size_words(order: PlaceOrder) -> None:
    """Obey "exactly one of `quantity` and `amount`" and "`amount` only for `MARKET`, `ASK`, `BID`" (rest-v3 §7.2)."""
    if (order.quantity is None) == (order.amount is None):
        raise refusal(-1005, problem="exactly one of quantity and amount is required")
    if order.amount is not None and order.type in _PRICED:
        raise refusal(-1005, problem=f"quantity is required for {order.type} orders")


def _terms(order: PlaceOrder, *, market: Market, account: Account) -> Terms:
    price, quantity, amount = number(order.price), number(order.quantity), number(order.amount)
    is_buy = order.side is Side.BUY
    if amount is not None:
        return _by_amount(amount, market=market, is_buy=is_buy, account=account)
    assert quantity is not None  # noqa: S101 - _check_size_words has seen to it
    if order.type is OrderType.MARKET or price is None:
        return _by_quantity(quantity, market=market, is_buy=is_buy)
    ticks = ticks_of(price, market=market)
    lots = lots_of(quantity, market=market)
    check_bounds(market=market, ticks=ticks, lots=lots)
    _check_notional(ticks * lots * market.worth, market=market)
    check_band(market=market, is_buy=is_buy, ticks=ticks)
    cost = market.hold(is_buy=is_buy, price=ticks, lots=lots)
    return Terms(price=ticks, lots=lots, limit=ticks, asset=_paid_in(market, is_buy=is_buy), cost=cost)


def _by_quantity(quantity: Decimal, *, market: Market, is_buy: bool) -> Terms:
    """Return the terms of a MARKET order by quantity.

    A buy reserves quantity × reference × bidCapRatio, which is what its `amount` reads back as (rest-v3 §6.3); where
    no ratio bounds it, what the walk will cost.
    """
    lots = lots_of(quantity, market=market)
    check_bounds(market=market, lots=lots)
    reference = market.walk_reference(is_buy=is_buy)
    if reference is not None:
        _check_notional(reference * lots * market.worth, market=market)
    limit = market.walk_limit(is_buy=is_buy)
    asset = _paid_in(market, is_buy=is_buy)
    if not is_buy:
        return Terms(price=0, lots=lots, limit=limit, asset=asset, cost=lots * market.lot)
    reserve = market.reserve(lots)
    if reserve is not None:
        return Terms(price=0, lots=lots, limit=limit, asset=asset, cost=reserve, amount=reserve)
    cost = market.book.offer(is_buy=True, lots=lots, limit=limit)[1] * market.worth
    return Terms(price=0, lots=lots, limit=limit, asset=asset, cost=cost)


def _by_amount(amount: Decimal, *, market: Market, is_buy: bool, account: Account) -> Terms:
    """Return the terms of a MARKET order by amount; a sell takes no more lots than are free."""
    if amount <= 0:
        raise refusal(302135)
    if EXACT.remainder(amount, _AMOUNT_STEP):
        raise refusal(-1005, problem="amount must have at most 8 decimals")
    value = units(amount)
    _check_notional(value, market=market)
    budget = value // market.worth
    reference = market.walk_reference(is_buy=is_buy)
    estimate = budget // reference if reference else 0
    check_bounds(market=market, lots=max(estimate, market.fewest_lots))
    limit = market.walk_limit(is_buy=is_buy)
    if is_buy:
        quote = market.quote
        return Terms(price=0, lots=market.most_lots, limit=limit, asset=quote, cost=value, budget=budget, amount=value)
    base = market.base
    lots = min(market.most_lots, available(account.wallet, base) // market.lot)
    return Terms(price=0, lots=lots, limit=limit, asset=base, cost=estimate * market.lot, budget=budget, amount=value)


def _check_notional(value: int, *, market: Market) -> None:
    """Obey "order value must be >= {minNotional}" (rest-v3 §6.3)."""
    if value < market.least_value:
        raise refusal(302164, min_notional=market.instrument.min_notional)


def _check_mode(order: PlaceOrder, *, account: Account) -> None:
    """Obey the rules of rest-v3 §7.2 for an account without margin, and §7.3 for spot orders in one-way mode."""
    if account.mode == "PURE_SPOT" and order.type is OrderType.MARKET:
        if order.side is Side.BUY and order.amount is None:
            raise refusal(302147)
        if order.side is Side.SELL and order.quantity is None:
            raise refusal(302150)
    if order.position_side not in {None, PositionSide.BOTH}:
        raise refusal(302186)
    if order.reduce_only:
        raise refusal(302163)


def _paid_in(market: Market, *, is_buy: bool) -> str:
    return market.quote if is_buy else market.base
