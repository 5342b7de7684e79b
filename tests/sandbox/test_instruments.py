"""The listing: filters that hold together, and prices that real orders fit."""

from decimal import Decimal

import msgspec
import pytest

from woodlot.sandbox.instruments import LISTING, PERPETUALS, START_PRICES, spot
from woodlot.sandbox.market import Market
from woodlot.wire.answer import decoder
from woodlot.wire.public import Instrument


def test_the_three_symbols_of_the_first_day_are_listed_with_a_start_price() -> None:
    assert {item.symbol for item in LISTING} >= {"SPOT_BTC_USDT", "SPOT_ETH_USDT", "SPOT_WOO_USDT"}
    assert {item.symbol for item in LISTING} == set(START_PRICES)


@pytest.mark.parametrize("instrument", LISTING, ids=lambda item: item.symbol)
def test_the_start_price_is_on_the_tick_and_inside_the_bounds(instrument: Instrument) -> None:
    price = START_PRICES[instrument.symbol]

    assert price % instrument.quote_tick == 0
    assert instrument.quote_min < price < instrument.quote_max
    assert instrument.base_min % instrument.base_tick == 0


def test_a_thousandth_of_a_bitcoin_at_thirty_thousand_meets_every_filter() -> None:
    bitcoin = LISTING[0]

    assert Decimal("0.001") % bitcoin.base_tick == 0
    assert bitcoin.base_min <= Decimal("0.001") <= bitcoin.base_max
    assert Decimal("0.001") * 30000 >= bitcoin.min_notional
    assert bitcoin.bid_floor_ratio is None


@pytest.mark.parametrize("instrument", [*LISTING, *PERPETUALS], ids=lambda item: item.symbol)
def test_an_instrument_survives_the_wire(instrument: Instrument) -> None:
    row = msgspec.json.encode(instrument)

    assert decoder(Instrument).decode(row) == instrument


def test_three_perpetuals_say_how_they_are_funded_and_margined() -> None:
    bitcoin, *others = PERPETUALS

    assert [item.symbol for item in others] == ["PERP_ETH_USDT", "PERP_WOO_USDT"]
    assert (bitcoin.symbol, bitcoin.quote_tick, bitcoin.is_allowed_rpi) == ("PERP_BTC_USDT", 1, True)
    assert (bitcoin.funding_interval_hours, bitcoin.funding_cap, bitcoin.funding_floor) == (
        8,
        Decimal("0.003"),
        Decimal("-0.003"),
    )
    assert (bitcoin.base_imr, bitcoin.base_mmr) == (Decimal("0.02"), Decimal("0.012"))


def test_the_band_is_counted_in_whole_ticks_inside_the_ratios() -> None:
    market = Market(LISTING[2])

    low, high = market.band(is_buy=True, reference=5123)

    assert (low, high) == (None, 5635)
    assert market.band(is_buy=False, reference=5123) == (4611, None)


def test_a_tick_too_fine_for_the_ledger_is_refused_at_once() -> None:
    dust = spot("DUST", tick="0.00000001", top="1", lot="0.000001", smallest="1", largest="10")

    with pytest.raises(ValueError, match="SPOT_DUST_USDT"):
        Market(dust)
