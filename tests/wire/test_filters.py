from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from woodlot.wire.enums import OrderType, Side
from woodlot.wire.filters import Change, Rounding
from woodlot.wire.public import Instrument, Instruments, InstrumentStatus
from woodlot.wire.trade import PlaceOrder

UNI = Instrument(
    symbol="SPOT_UNI_USDT",
    status=InstrumentStatus.TRADING,
    base_asset="UNI",
    quote_asset="USDT",
    quote_min=Decimal(0),
    quote_max=Decimal(100000),
    quote_tick=Decimal("0.01"),
    base_min=Decimal("0.005"),
    base_max=Decimal(5000),
    base_tick=Decimal("0.0001"),
    min_notional=Decimal(1),
    bid_cap_ratio=Decimal("1.1"),
    ask_floor_ratio=Decimal("0.9"),
)


def order(**changes: Any) -> PlaceOrder:
    fields: dict[str, Any] = {
        "symbol": "SPOT_UNI_USDT",
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "price": "100.00",
        "quantity": "0.5",
    }
    return PlaceOrder(**(fields | changes))


def broken(reference: str | None = None, **changes: Any) -> list[str]:
    against = None if reference is None else Decimal(reference)
    return [violation.rule for violation in UNI.check(order(**changes), reference=against)]


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({}, []),
        ({"price": "0"}, ["quoteMin", "minNotional"]),
        ({"price": "100000.01"}, ["quoteMax"]),
        ({"price": "100.001"}, ["quoteTick"]),
        ({"quantity": "0.0049"}, ["baseMin", "minNotional"]),
        ({"quantity": "5000.0001"}, ["baseMax"]),
        ({"quantity": "0.00501", "price": "1000"}, ["baseTick"]),
        ({"quantity": "0.01", "price": "99.99"}, ["minNotional"]),
        ({"quantity": "0.01"}, []),
        ({"visible_quantity": "0.6"}, ["visibleQuantity"]),
        ({"symbol": "SPOT_BTC_USDT"}, ["symbol"]),
        ({"type": OrderType.MARKET, "price": None, "quantity": None, "amount": "0.5"}, ["minNotional"]),
        ({"type": OrderType.MARKET, "price": None, "quantity": None, "amount": "5.000000001"}, ["amount"]),
        ({"price": "100000.001", "quantity": "0.00001"}, ["quoteMax", "quoteTick", "baseMin", "baseTick"]),
    ],
)
def test_every_rule_that_an_order_breaks_is_listed_at_once(changes: dict[str, Any], rules: list[str]) -> None:
    assert broken(**changes) == rules


@pytest.mark.parametrize(
    ("side", "price", "rules"),
    [
        (Side.BUY, "110.00", []),
        (Side.BUY, "110.01", ["bidCapRatio"]),
        (Side.BUY, "10.00", []),
        (Side.SELL, "90.00", []),
        (Side.SELL, "89.99", ["askFloorRatio"]),
        (Side.SELL, "1000.00", []),
    ],
)
def test_a_price_too_far_from_the_reference_is_told_on_the_side_that_has_a_limit(
    side: Side, price: str, rules: list[str]
) -> None:
    assert broken("100", side=side, price=price) == rules


def test_an_instrument_that_does_not_trade_says_so() -> None:
    import msgspec

    halted = msgspec.structs.replace(UNI, status=InstrumentStatus.SUSPENDED)
    assert [violation.rule for violation in halted.check(order())] == ["status"]


@pytest.mark.parametrize(
    ("side", "rounding", "fitted"),
    [
        (Side.BUY, Rounding.PASSIVE, "100.01"),
        (Side.SELL, Rounding.PASSIVE, "100.02"),
        (Side.BUY, Rounding.AGGRESSIVE, "100.02"),
        (Side.SELL, Rounding.AGGRESSIVE, "100.01"),
        (Side.SELL, Rounding.NEAREST, "100.02"),
    ],
)
def test_a_price_is_fitted_by_side_and_the_change_is_told(side: Side, rounding: Rounding, fitted: str) -> None:
    result = UNI.fit(order(side=side, price="100.016"), rounding=rounding)
    assert result.order.price == Decimal(fitted)
    assert result.changes == (Change("price", Decimal("100.016"), Decimal(fitted)),)
    assert result.violations == ()


def test_a_quantity_is_never_fitted_upwards_and_a_minimum_never_mended() -> None:
    result = UNI.fit(order(quantity="0.00499", price="1000"))
    assert result.order.quantity == Decimal("0.0049")
    assert [violation.rule for violation in result.violations] == ["baseMin"]


def test_an_order_that_fits_is_left_alone() -> None:
    assert UNI.fit(order()).changes == ()


@given(
    st.decimals(min_value="0.02", max_value=90000, places=6),
    st.decimals(min_value="0.006", max_value=4000, places=8),
    st.sampled_from(Side),
    st.sampled_from(Rounding),
)
def test_whatever_is_fitted_lies_on_tick_and_step(
    price: Decimal, quantity: Decimal, side: Side, rounding: Rounding
) -> None:
    result = UNI.fit(order(price=price, quantity=quantity, side=side), rounding=rounding)
    assert not {violation.rule for violation in result.violations} & {"quoteTick", "baseTick"}
    fitted = result.order
    assert isinstance(fitted.price, Decimal)
    assert isinstance(fitted.quantity, Decimal)
    assert abs(fitted.price - price) < UNI.quote_tick
    assert 0 <= quantity - fitted.quantity < UNI.base_tick


def test_an_instrument_is_found_by_its_symbol() -> None:
    listing = Instruments(rows=(UNI,))
    assert listing["SPOT_UNI_USDT"] is UNI
    with pytest.raises(KeyError):
        listing["SPOT_NOPE_USDT"]
