"""This file is the listing: what the sandbox trades, under filters of the recorded shape (rest-v3 §6.2)."""

from decimal import Decimal
from typing import Final

from woodlot.wire.public import Instrument, InstrumentStatus


def spot(
    base: str, quote: str = "USDT", *, tick: str, top: str, lot: str, smallest: str, largest: str, notional: str = "1"
) -> Instrument:
    """Return a spot pair whose filters are those of the recorded SPOT_AAVE_USDT, with numbers of its own.

    Of the four ratios only a buy's cap and a sell's floor are set: a buy far below the market is welcome.
    """
    return Instrument(
        symbol=f"SPOT_{base}_{quote}",
        status=InstrumentStatus.TRADING,
        base_asset=base,
        quote_asset=quote,
        quote_min=Decimal(0),
        quote_max=Decimal(top),
        quote_tick=Decimal(tick),
        base_min=Decimal(smallest),
        base_max=Decimal(largest),
        base_tick=Decimal(lot),
        min_notional=Decimal(notional),
        bid_cap_ratio=Decimal("1.1"),
        ask_floor_ratio=Decimal("0.9"),
    )


def perpetual(
    base: str, quote: str = "USDT", *, tick: str, top: str, lot: str, smallest: str, largest: str, impact: str
) -> Instrument:
    """Return a perpetual of the fields of rest-v3 §6.2: "all `PERP_*_USDT`, linear, contract size 1" (§6.1)."""
    return Instrument(
        symbol=f"PERP_{base}_{quote}",
        status=InstrumentStatus.TRADING,
        base_asset=base,
        quote_asset=quote,
        quote_min=Decimal(0),
        quote_max=Decimal(top),
        quote_tick=Decimal(tick),
        base_min=Decimal(smallest),
        base_max=Decimal(largest),
        base_tick=Decimal(lot),
        min_notional=Decimal(10),
        bid_cap_ratio=Decimal("1.1"),
        ask_floor_ratio=Decimal("0.9"),
        impact_notional=Decimal(impact),
        is_allowed_rpi=True,
        funding_interval_hours=8,
        funding_cap=Decimal("0.003"),
        funding_floor=Decimal("-0.003"),
        base_imr=Decimal("0.02"),
        base_mmr=Decimal("0.012"),
    )


LISTING: Final[tuple[Instrument, ...]] = (
    spot("BTC", tick="0.01", top="1000000", lot="0.000001", smallest="0.00001", largest="200"),
    spot("ETH", tick="0.01", top="100000", lot="0.0001", smallest="0.0001", largest="5000"),
    spot("WOO", tick="0.00001", top="100", lot="0.1", smallest="1", largest="5000000"),
)

PERPETUALS: Final[tuple[Instrument, ...]] = (
    # "`PERP_BTC_USDT` has `quoteTick` 1" (rest-v3 §6.2)
    perpetual("BTC", tick="1", top="1000000", lot="0.00001", smallest="0.00001", largest="100", impact="10000"),
    perpetual("ETH", tick="0.1", top="100000", lot="0.0001", smallest="0.0001", largest="2000", impact="10000"),
    perpetual("WOO", tick="0.00001", top="100", lot="1", smallest="1", largest="5000000", impact="1000"),
)
"""What `Exchange(listing=(*LISTING, *PERPETUALS))` trades as well."""

# Today's orders of magnitude: where a crowd starts, and nothing an order is checked against.
START_PRICES: Final[dict[str, Decimal]] = {
    "SPOT_BTC_USDT": Decimal(87000),
    "SPOT_ETH_USDT": Decimal(2450),
    "SPOT_WOO_USDT": Decimal("0.0512"),
}
