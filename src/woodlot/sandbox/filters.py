"""This file is an instrument's filters (rest-v3 §6.3): a Decimal becomes whole ticks or lots, or is refused."""

from decimal import Decimal

from woodlot.sandbox.market import Market
from woodlot.sandbox.money import EXACT
from woodlot.sandbox.refusal import refusal


def ticks_of(price: Decimal, *, market: Market) -> int:
    """Return a price in ticks: "(price - quoteMin) mod quoteTick == 0". Raises a Refusal."""
    # "order_price must be a positive number" is recorded; "price 0 must still be refused" where quoteMin is 0.
    if price < 0:
        raise refusal(-1005, problem="order_price must be a positive number")
    if price == 0:
        raise refusal(302114)
    ticks, rest = EXACT.divmod(price, market.instrument.quote_tick)
    if rest:
        raise refusal(-1103, problem=f"price must be a multiple of {market.instrument.quote_tick}")
    return int(ticks)


def lots_of(quantity: Decimal, *, market: Market) -> int:
    """Return a quantity in lots: "(quantity - baseMin) mod baseTick == 0". Raises a Refusal."""
    if quantity < 0:
        raise refusal(-1005, problem="order_quantity must be a positive number")
    if quantity == 0:
        raise refusal(302115)
    lots, rest = EXACT.divmod(quantity, market.instrument.base_tick)
    if rest:
        raise refusal(-1104, problem=f"quantity must be a multiple of {market.instrument.base_tick}")
    return int(lots)


def check_bounds(*, market: Market, lots: int, ticks: int | None = None) -> None:
    """Obey quoteMin <= price <= quoteMax and baseMin <= quantity <= baseMax. Raises a Refusal."""
    instrument = market.instrument
    if ticks is not None and not market.fewest_ticks <= ticks <= market.most_ticks:
        raise refusal(-1103, problem=f"price must be {instrument.quote_min} to {instrument.quote_max}")
    if not market.fewest_lots <= lots <= market.most_lots:
        raise refusal(-1104, problem=f"quantity must be {instrument.base_min} to {instrument.base_max}")


def check_band(*, market: Market, is_buy: bool, ticks: int) -> None:
    """Obey the cap and floor ratios; without a reference price there is nothing to be far from. Raises a Refusal."""
    reference = market.reference()
    if reference is None:
        return
    low, high = market.band(is_buy=is_buy, reference=reference)
    if low is not None and ticks < low:
        raise refusal(-1105, problem=f"price must be at least {market.price(low)}")
    if high is not None and ticks > high:
        raise refusal(-1105, problem=f"price must be at most {market.price(high)}")
