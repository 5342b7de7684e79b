"""This file is what an order has to pass before it gets an id, in the order of rest-v3 §13.2 rule 5:

"required fields, symbol, type, quantity xor amount, tick, step, min/max, notional, ratio, mode/positionSide, balance,
clientOrderId". The first rule that is broken raises its Refusal; nothing here changes anything.
"""

from collections.abc import Mapping
from typing import Final

from woodlot.sandbox.accounts import Account
from woodlot.sandbox.clearing import leverage_of, position_of
from woodlot.sandbox.filters import check_priced, lots_of, ticks_of
from woodlot.sandbox.market import Market
from woodlot.sandbox.orders import SPOT, Order, Stance
from woodlot.sandbox.positions import Position
from woodlot.sandbox.refusal import Refusal, refusal
from woodlot.sandbox.risk import Risk
from woodlot.sandbox.terms import Terms, number, paid_in, terms_of
from woodlot.wire.account import AccountMode
from woodlot.wire.enums import OrderType, PositionSide, Side
from woodlot.wire.public import InstrumentStatus
from woodlot.wire.trade import LARGEST_CLIENT_ORDER_ID, EditOrder, PlaceOrder

LONGEST_TAG: Final = 64
"""rest-v3 §7.3."""
_PRICED = frozenset({OrderType.LIMIT, OrderType.IOC, OrderType.FOK, OrderType.POST_ONLY, OrderType.RPI})
# "margin disabled (Spot Only mode): market/ASK/BID buy needs `amount`, sell needs `quantity`" (rest-v3 §7.2)
_WITHOUT_MARGIN = {
    (OrderType.MARKET, Side.BUY): 302147,
    (OrderType.ASK, Side.BUY): 302148,
    (OrderType.BID, Side.BUY): 302149,
    (OrderType.MARKET, Side.SELL): 302150,
    (OrderType.ASK, Side.SELL): 302151,
    (OrderType.BID, Side.SELL): 302152,
}
# Members by a name of their own: up to Python 3.11 reading one off its class costs a call.
_RPI: Final = OrderType.RPI
_BOTH: Final = PositionSide.BOTH
_TRADING: Final = InstrumentStatus.TRADING
_PURE_SPOT: Final = AccountMode.PURE_SPOT


def check_place(
    order: PlaceOrder, markets: Mapping[str, Market], account: Account, risk: Risk
) -> tuple[Market, Terms, Stance]:
    """Return the market, the terms and the stance of an order that may be accepted. Raises the first Refusal."""
    _check_fields(order)
    market = market_of(order.symbol, markets)
    if order.type is _RPI and not market.instrument.is_allowed_rpi:
        raise refusal(317167, type=order.type)
    if order.amount is not None or order.quantity is None:
        _check_size_words(order, market)
    terms = terms_of(order, market, account)
    stance = _stance(order, market, account)
    if market.is_perpetual:
        _check_position(order, terms, stance=stance, market=market, account=account, risk=risk)
    else:
        risk.check_spot(account, terms.asset, terms.cost)
    if account.watched and order.client_order_id and account.has_open(order.client_order_id):
        raise refusal(302117)
    return market, terms, stance


def check_edit(edit: EditOrder, *, order: Order, market: Market, account: Account, risk: Risk) -> tuple[int, int]:
    """Return the new price in ticks and the new total in lots. Raises the first Refusal."""
    price, quantity = number(edit.price), number(edit.quantity)
    if price is None and quantity is None:
        raise refusal(-1005, problem="price or quantity is required")
    ticks = order.price if price is None else ticks_of(price, market=market)
    lots = order.quantity if quantity is None else lots_of(quantity, market=market)
    if lots <= order.executed:
        raise refusal(317170)
    check_priced(ticks, lots, market, order.is_buy)
    rest = lots - order.executed
    if market.is_perpetual:
        position = position_of(account, order)
        if order.stance.closes:
            _check_reducing(position, is_buy=order.is_buy, more=rest - order.lots)
        else:
            cost, released = rest * ticks * market.worth, order.lots * order.price * market.worth
            risk.check_perpetual(
                account, position, market=market, is_buy=order.is_buy, lots=rest, cost=cost, released=released
            )
        return ticks, lots
    before = market.hold(is_buy=order.is_buy, price=order.price, lots=order.lots)
    after = market.hold(is_buy=order.is_buy, price=ticks, lots=rest)
    risk.check_spot(account, asset=paid_in(market, is_buy=order.is_buy), cost=after - before)
    return ticks, lots


def market_of(symbol: str, markets: Mapping[str, Market]) -> Market:
    """Return the market that trades a symbol. Raises a Refusal if there is none or it is closed."""
    market = markets.get(symbol)
    if market is None:
        raise refusal(317155, symbol=symbol[:60])
    # "only `TRADING` accepts orders" (rest-v3 §6.2)
    if market.instrument.status is not _TRADING:
        raise _suspended(market)
    return market


def _suspended(market: Market) -> Refusal:
    if market.is_perpetual:
        return refusal(317158, base=market.base)
    return refusal(317157, base=market.base, quote=market.quote)


def _check_fields(order: PlaceOrder) -> None:
    if not order.symbol:
        raise refusal(-1005, problem="symbol must not be blank")
    if order.type in _PRICED and order.price is None:
        raise refusal(-1005, problem=f"price is required for {order.type} orders")
    if order.order_tag is not None and len(order.order_tag) > LONGEST_TAG:
        raise refusal(-1005, problem=f"orderTag must have at most {LONGEST_TAG} characters")
    if order.client_order_id is not None and not 0 <= order.client_order_id <= LARGEST_CLIENT_ORDER_ID:
        raise refusal(317164)


def _check_size_words(order: PlaceOrder, market: Market) -> None:
    """Obey "exactly one of `quantity` and `amount`" and "`amount` only for `MARKET`, `ASK`, `BID`" (rest-v3 §7.2)."""
    if (order.quantity is None) == (order.amount is None):
        raise refusal(-1005, problem="exactly one of quantity and amount is required")
    # "perpetual market orders: `quantity`" (rest-v3 §7.2)
    if order.amount is not None and (order.type in _PRICED or market.is_perpetual):
        raise refusal(-1005, problem=f"quantity is required for {order.type} orders of {market.symbol}")


def _stance(order: PlaceOrder, market: Market, account: Account) -> Stance:
    """Obey the rules of the account's mode (rest-v3 §7.2) and of `positionSide` and `reduceOnly` (§7.3)."""
    side = order.position_side or _BOTH
    if market.is_perpetual:
        return _perpetual_stance(order, side=side, account=account)
    if account.mode == _PURE_SPOT:
        given = order.amount if order.side is Side.BUY else order.quantity
        code = _WITHOUT_MARGIN.get((order.type, order.side))
        if code is not None and given is None:
            raise refusal(code)
    if side is not _BOTH:
        raise refusal(302186)
    if order.reduce_only:
        raise refusal(302163)
    return SPOT


def _perpetual_stance(order: PlaceOrder, *, side: PositionSide, account: Account) -> Stance:
    if account.mode not in {AccountMode.FUTURES, AccountMode.FUTURE}:
        raise refusal(302131)
    if (side is PositionSide.BOTH) == account.is_hedged:
        raise refusal(302186)
    settings = account.settings
    margin_mode = order.margin_mode or settings.margin_modes.get(order.symbol, settings.margin_mode)
    # "close long SELL+LONG, close short BUY+SHORT" (rest-v3 §7.3)
    closes_side = (order.side is Side.SELL and side is PositionSide.LONG) or (
        order.side is Side.BUY and side is PositionSide.SHORT
    )
    return Stance(
        side=side,
        margin_mode=margin_mode,
        leverage=leverage_of(account, order.symbol, margin_mode, side),
        reduce_only=bool(order.reduce_only),
        closes=closes_side or bool(order.reduce_only),
    )


def _check_position(
    order: PlaceOrder, terms: Terms, *, stance: Stance, market: Market, account: Account, risk: Risk
) -> None:
    """Check an order against the position it would change."""
    is_buy = order.side is Side.BUY
    position = account.positions.get((market.symbol, stance.side))
    if position is None or position.is_idle:
        position = Position(market.symbol, stance.side, margin_mode=stance.margin_mode, leverage=stance.leverage)
    if position.margin_mode is not stance.margin_mode:
        raise refusal(302308)
    if stance.closes:
        _check_reducing(position, is_buy=is_buy, more=terms.lots)
        return
    cost = terms.cost if order.type is OrderType.MARKET else terms.lots * terms.price * market.worth
    risk.check_perpetual(account, position, market=market, is_buy=is_buy, lots=terms.lots, cost=cost)


def _check_reducing(position: Position, *, is_buy: bool, more: int) -> None:
    """Refuse to reduce what is not there: "reduce-only without position: 302138" (rest-v3 §5.3)."""
    closable, pending = position.closable(is_buy=is_buy), position.pending.closing(is_buy=is_buy)
    if more > closable:
        raise refusal(302138)
    if more + pending > closable:
        raise refusal(302303)
