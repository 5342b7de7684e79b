"""This file is what everybody is told about perpetuals: prices, funding, statistics, the fund (rest-v3 §8.11 ff.)."""

from decimal import Decimal
from typing import Any, Final

from woodlot.sandbox import queries
from woodlot.sandbox.funding import Funding
from woodlot.sandbox.house import VALUED_IN, House
from woodlot.sandbox.money import decimal, units
from woodlot.sandbox.perpetual import HOUR_MS, Perpetual, rate_decimal
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.moment import Time
from woodlot.wire.public import (
    FundingRate,
    FundingRates,
    Futures,
    FuturesStatistics,
    GetFundingRateHistory,
    InsuranceFund,
    PastFundingRates,
)

_RATES_PER_PAGE: Final = 25
_MOST_RATES_PER_PAGE: Final = 500
_MINUTE_MS: Final = 60_000
_ZERO = Decimal(0)


class FuturesPrices:
    """Questions that need no account."""

    def __init__(self, house: House, funding: Funding) -> None:
        self._house = house
        self._funding = funding

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(self._house.perpetuals)

    def set_index(self, symbol: str, price: Decimal | None) -> None:
        """Supply the index price of a perpetual from now on; with None it follows the spot market again."""
        self._perpetual(symbol).supply_index(None if price is None else units(price))

    def index(self, symbol: str) -> Decimal | None:
        """Return the index price, None while nothing has a price."""
        return _price(self._perpetual(symbol).index())

    def mark(self, symbol: str) -> Decimal | None:
        """Return the mark price of the last tick, None while nothing has a price."""
        return _price(self._perpetual(symbol).mark())

    def open_interest(self, symbol: str) -> Decimal:
        """Return how much is held long, which is how much is held short."""
        market = self._perpetual(symbol).market
        held = (account.positions.values() for account in self._house.accounts.values())
        lots = sum(max(0, p.lots) for positions in held for p in positions if p.symbol == symbol)
        return market.plain_quantity(lots)

    def statistics(self, symbol: str | None = None) -> Futures:
        """Return the day of one perpetual, or of all that have a price. Raises Refusal."""
        perpetuals = self._house.perpetuals.values() if symbol is None else [self._perpetual(symbol)]
        return Futures(rows=tuple(self._statistics(perpetual) for perpetual in perpetuals))

    def funding_rate(self, symbol: str | None = None) -> FundingRates:
        """Return the funding to come of one perpetual or of all, "re-estimated each minute" (rest-v3 §8.12)."""
        perpetuals = self._house.perpetuals.values() if symbol is None else [self._perpetual(symbol)]
        return FundingRates(rows=tuple(self._rate(perpetual) for perpetual in perpetuals))

    def funding_rates(self, query: GetFundingRateHistory) -> PastFundingRates:
        """Return settled fundings, newest first. Raises Refusal."""
        self._perpetual(query.symbol)
        start_ms, end_ms = queries.bounds_ms(query.start_time, query.end_time)
        rows = [
            row
            for row in reversed(self._funding.rates[query.symbol])
            if start_ms <= row.funding_rate_timestamp.ms <= end_ms
        ]
        shown, meta = queries.page_of(
            rows, page=query.page, size=query.size, default=_RATES_PER_PAGE, most=_MOST_RATES_PER_PAGE
        )
        return PastFundingRates(rows=shown, meta=meta)

    def insurance_fund(self) -> InsuranceFund:
        """Return what the fund holds, in the shape that rest-v3 §8.14 suggests."""
        now_ms = self._house.clock.now_ms()
        rows: list[dict[str, Any]] = [
            {"token": asset, "balance": decimal(pocket.holding), "timestamp": now_ms}
            for asset, pocket in self._house.fund.wallet.items()
            if pocket.holding or asset == VALUED_IN
        ]
        return InsuranceFund(data={"rows": rows})

    def _perpetual(self, symbol: str) -> Perpetual:
        perpetual = self._house.perpetuals.get(symbol)
        if perpetual is None:
            # "Unknown symbol: HTTP 500 {"success":false,"message":"invalid symbol X"}" (rest-v3 §8.11)
            raise Refusal(None, f"invalid symbol {symbol[:60]}", http_status=500)
        return perpetual

    def _statistics(self, perpetual: Perpetual) -> FuturesStatistics:
        market = perpetual.market
        day = market.day.figures(self._house.clock.now_ms())
        last = market.last or 0
        opened, closed, high, low = day[:4] if day else (last, last, last, last)
        index = perpetual.index()
        return FuturesStatistics(
            symbol=market.symbol,
            index_price=None if index is None else market.plain_price(index // market.tick),
            mark_price=market.plain_price((perpetual.mark() or 0) // market.tick),
            est_funding_rate=rate_decimal(perpetual.estimate()),
            last_funding_rate=rate_decimal(perpetual.last_rate),
            open_interest=self.open_interest(market.symbol),
            open_24h=market.plain_price(opened),
            close_24h=market.plain_price(closed),
            high_24h=market.plain_price(high),
            low_24h=market.plain_price(low),
            volume_24h=market.plain_quantity(day.volume) if day else _ZERO,
            amount_24h=decimal(day.amount * market.worth) if day else _ZERO,
            next_funding_time=Time.at(perpetual.next_funding_ms),
        )

    def _rate(self, perpetual: Perpetual) -> FundingRate:
        now_ms, hours = self._house.clock.now_ms(), perpetual.interval_ms // HOUR_MS
        return FundingRate(
            symbol=perpetual.market.symbol,
            est_funding_rate=rate_decimal(perpetual.estimate()),
            est_funding_rate_timestamp=Time.at(now_ms - now_ms % _MINUTE_MS),
            last_funding_rate=rate_decimal(perpetual.last_rate),
            last_funding_rate_timestamp=Time.at(perpetual.last_funding_ms),
            next_funding_time=Time.at(perpetual.next_funding_ms),
            last_funding_interval_hours=hours,
            est_funding_interval_hours=hours,
        )


def _price(price: int | None) -> Decimal | None:
    return None if price is None else decimal(price)
