"""This file is an instrument's filters (rest-v3 §6.3): a Decimal becomes whole ticks or lots, or is refused."""

from decimal import Decimal

from woodlot.sandbox.market import Market
from woodlot.sandbox.money import EXACT
from woodlot.sandbox.refusal import refusal

_divmod = EXACT.divmod


def ticks_of(price: Decimal, market: Market) -> int:
    """Return a price in ticks: "(price - quoteMin) mod quoteTick == 0". Raises a Refusal."""
    ticks, rest = _divmod(price, market.instrument.quote_tick)
    if not rest and (whole := int(ticks)) > 0:
        return whole
    if price <= 0:
        # "order_price must be a positive number" is recorded; "price 0 must still be refused" where quoteMin is 0.
        raise refusal(-1005, problem="order_price must be a positive number") if price else refusal(302114)
    raise refusal(-1103, problem=f"price must be a multiple of {market.instrument.quote_tick}")


def lots_of(quantity: Decimal, market: Market) -> int:
    """Return a quantity in lots: "(quantity - baseMin) mod baseTick == 0". Raises a Refusal."""
    lots, rest = _divmod(quantity, market.instrument.base_tick)
    if not rest and (whole := int(lots)) > 0:
        return whole
    if quantity <= 0:
        raise refusal(-1005, problem="order_quantity must be a positive number") if quantity else refusal(302115)
    raise refusal(-1104, problem=f"quantity must be a multiple of {market.instrument.base_tick}")


def check_priced(ticks: int, lots: int, market: Market, is_buy: bool) -> None:  # noqa: FBT001 - the hot path
    """Obey every filter for a price and a quantity: both bounds, the notional, the band. Raises the first Refusal."""
    if not (market.fewest_ticks <= ticks <= market.most_ticks and market.fewest_lots <= lots <= market.most_lots):
        check_bounds(market=market, ticks=ticks, lots=lots)
    if ticks * lots * market.worth < market.least_value:
        check_notional(ticks * lots * market.worth, market=market)
    reference = market.reference()
    if reference is None:
        # Without a reference price there is nothing to be far from.
        return
    low, high = market.band(reference, is_buy)
    if low is not None and ticks < low:
        raise refusal(-1105, problem=f"price must be at least {market.price(low)}")
    if high is not None and ticks > high:
        raise refusal(-1105, problem=f"price must be at most {market.price(high)}")


def check_bounds(*, market: Market, lots: int, ticks: int | None = None) -> None:
    """Obey quoteMin <= price <= quoteMax and baseMin <= quantity <= baseMax. Raises a Refusal."""
    if ticks is not None and not market.fewest_ticks <= ticks <= market.most_ticks:
        instrument = market.instrument
        raise refusal(-1103, problem=f"price must be {instrument.quote_min} to {instrument.quote_max}")
    if not market.fewest_lots <= lots <= market.most_lots:
        instrument = market.instrument
        raise refusal(-1104, problem=f"quantity must be {instrument.base_min} to {instrument.base_max}")


def check_notional(value: int, *, market: Market) -> None:
    """Obey "order value must be >= {minNotional}" (rest-v3 §6.3). Raises a Refusal."""
    if value < market.least_value:
        raise refusal(302164, min_notional=market.instrument.min_notional)
