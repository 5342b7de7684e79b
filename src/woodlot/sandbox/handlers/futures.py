"""This file is the handlers of rest-v3 §9.5, and what §8.11 to §8.14 tell everybody about perpetuals."""

from typing import Final

import msgspec

from woodlot.sandbox.handlers.venue import Call, Handlers
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.futures import (
    AdjustIsolatedMargin,
    DefaultMarginMode,
    FundingFees,
    GetDefaultMarginMode,
    GetFundingFeeHistory,
    GetLeverage,
    GetPositions,
    Leverage,
    PositionModeAck,
    Positions,
    ResetDefaultMarginMode,
    SetDefaultMarginMode,
    SetLeverage,
    SetPositionMode,
    SetSymbolMarginMode,
)
from woodlot.wire.loose import Done
from woodlot.wire.public import (
    FundingRates,
    Futures,
    FuturesStatistics,
    GetFundingRate,
    GetFundingRateHistory,
    GetFutures,
    GetInsuranceFund,
    InsuranceFund,
    PastFundingRates,
)

_DAY_MS: Final = 86_400_000


def _futures(call: Call[GetFutures]) -> Futures:
    told = call.exchange.perpetuals.statistics(call.request.symbol)
    return Futures(rows=tuple(_with_its_day(call, row) for row in told.rows))


def _with_its_day(call: Call[GetFutures], row: FuturesStatistics) -> FuturesStatistics:
    """Tell the day that the candles tell; the exchange's own begins only when the exchange does."""
    day = call.venue.history.bar(row.symbol, start=call.now_ms - _DAY_MS, end=call.now_ms + 1)
    if day is None:
        return row
    return msgspec.structs.replace(
        row,
        open_24h=day.open,
        close_24h=day.close,
        high_24h=day.high,
        low_24h=day.low,
        volume_24h=day.volume,
        amount_24h=day.amount,
    )


def _funding_rate(call: Call[GetFundingRate]) -> FundingRates:
    symbol = call.request.symbol
    if symbol is not None and symbol not in call.exchange.perpetuals.symbols:
        # "public fundingRate with unknown or spot symbol, HTTP 500" (rest-v3 §5.2)
        raise Refusal(None, f"no funding rate data for {symbol[:60]}", http_status=500)
    return call.exchange.perpetuals.funding_rate(symbol)


def _funding_rate_history(call: Call[GetFundingRateHistory]) -> PastFundingRates:
    return call.exchange.perpetuals.funding_rates(call.request)


def _insurance_fund(call: Call[GetInsuranceFund]) -> InsuranceFund:
    # The shape that is suggested (rest-v3 §8.14, §14 no 6).
    return call.exchange.perpetuals.insurance_fund()


def _positions(call: Call[GetPositions]) -> Positions:
    return call.exchange.futures.positions(call.account_id, call.request.symbol)


def _leverage(call: Call[GetLeverage]) -> Leverage:
    return call.exchange.futures.leverage(call.account_id, call.request)


def _set_leverage(call: Call[SetLeverage]) -> Done:
    call.exchange.futures.set_leverage(call.account_id, call.request)
    return Done()  # shape not known: success and timestamp (rest-v3 §14 no 7)


def _set_position_mode(call: Call[SetPositionMode]) -> PositionModeAck:
    call.exchange.futures.set_position_mode(call.account_id, call.request.position_mode)
    return PositionModeAck()


def _default_margin_mode(call: Call[GetDefaultMarginMode]) -> DefaultMarginMode:
    # Shape not known: the names of the request that sets it (rest-v3 §14 no 7).
    symbol = call.request.symbol
    mode = call.exchange.futures.margin_mode(call.account_id, symbol)
    named = {} if symbol is None else {"symbol": symbol}
    return DefaultMarginMode(data=named | {"marginMode": mode.value})


def _set_default_margin_mode(call: Call[SetDefaultMarginMode]) -> Done:
    call.exchange.futures.set_margin_mode(call.account_id, call.request.margin_mode)
    return Done()  # shape not known (rest-v3 §14 no 7)


def _set_symbol_margin_mode(call: Call[SetSymbolMarginMode]) -> Done:
    call.exchange.futures.set_margin_mode(call.account_id, call.request.margin_mode, call.request.symbol)
    return Done()  # shape not known (rest-v3 §14 no 7)


def _reset_default_margin_mode(call: Call[ResetDefaultMarginMode]) -> Done:
    call.exchange.futures.reset_margin_modes(call.account_id)
    return Done()  # shape not known (rest-v3 §14 no 7)


def _funding_fee_history(call: Call[GetFundingFeeHistory]) -> FundingFees:
    return call.exchange.futures.funding_fees(call.account_id, call.request)


def _adjust_isolated_margin(call: Call[AdjustIsolatedMargin]) -> Done:
    call.exchange.futures.adjust_margin(call.account_id, call.request)
    return Done()  # shape not known (rest-v3 §14 no 7)


HANDLERS: Final[Handlers] = {
    GetFutures: _futures,
    GetFundingRate: _funding_rate,
    GetFundingRateHistory: _funding_rate_history,
    GetInsuranceFund: _insurance_fund,
    GetPositions: _positions,
    GetLeverage: _leverage,
    SetLeverage: _set_leverage,
    SetPositionMode: _set_position_mode,
    GetDefaultMarginMode: _default_margin_mode,
    SetDefaultMarginMode: _set_default_margin_mode,
    SetSymbolMarginMode: _set_symbol_margin_mode,
    ResetDefaultMarginMode: _reset_default_margin_mode,
    GetFundingFeeHistory: _funding_fee_history,
    AdjustIsolatedMargin: _adjust_isolated_margin,
}
