"""Money as whole numbers: it moves, it is never made."""

from decimal import Decimal, Inexact

import pytest
from hypothesis import given
from hypothesis import strategies as st

from woodlot.sandbox.ledger import Ledger
from woodlot.sandbox.money import ONE, average, decimal, units

TEN_BASIS_POINTS = 100_000


def test_a_payment_moves_the_amount_and_collects_the_fee() -> None:
    ledger = Ledger()
    payer, receiver = ledger.open_wallet(), ledger.open_wallet()
    ledger.deposit(payer, asset="USDT", amount=1000)

    ledger.pay(payer=payer, receiver=receiver, asset="USDT", amount=400, fee=3)

    assert (payer["USDT"].holding, receiver["USDT"].holding, ledger.fees["USDT"]) == (600, 397, 3)
    assert ledger.total("USDT") == ledger.deposited["USDT"] == 1000


def test_paying_oneself_costs_the_fee_only() -> None:
    ledger = Ledger()
    wallet = ledger.open_wallet()
    ledger.deposit(wallet, asset="USDT", amount=1000)

    ledger.pay(payer=wallet, receiver=wallet, asset="USDT", amount=400, fee=3)

    assert wallet["USDT"].holding == 997
    assert ledger.total("USDT") == 1000


def test_what_is_frozen_is_not_available() -> None:
    wallet = Ledger().open_wallet()
    wallet["BTC"].holding, wallet["BTC"].frozen = 10, 4

    assert wallet["BTC"].available == 6


def test_a_negative_deposit_is_refused() -> None:
    ledger = Ledger()

    with pytest.raises(ValueError, match="BTC"):
        ledger.deposit(ledger.open_wallet(), asset="BTC", amount=-1)


def test_the_recorded_fee_of_ten_basis_points_is_exact() -> None:
    assert decimal(Ledger().fee(units(Decimal("0.1")), rate=TEN_BASIS_POINTS)) == Decimal("0.0001")


def test_the_fee_step_rounds_up_as_the_recording_of_2023_suggests() -> None:
    ledger = Ledger(fee_step=units(Decimal("1E-8")))

    assert decimal(ledger.fee(units(Decimal("0.00040791")), rate=50_000)) == Decimal("2.1E-7")


@given(st.integers(0, 10**20), st.integers(0, 10**8), st.sampled_from([1, 10**4, 10**6]))
def test_a_fee_is_never_negative_and_never_more_than_the_amount(amount: int, rate: int, step: int) -> None:
    assert 0 <= Ledger(fee_step=step).fee(amount, rate=rate) <= amount


@given(st.integers(-(10**30), 10**30))
def test_units_and_decimals_are_the_same_number(amount: int) -> None:
    assert units(decimal(amount)) == amount
    assert "E+" not in str(decimal(amount))


def test_a_thirteenth_decimal_is_an_error_and_not_a_rounding() -> None:
    with pytest.raises(Inexact):
        units(Decimal("1E-13"))


def test_the_average_of_one_price_is_that_price_and_of_nothing_is_nothing() -> None:
    assert average(3 * units(Decimal("86999.99")), 3 * ONE) == units(Decimal("86999.99"))
    assert average(0, 0) == 0
