"""This file is the handlers of rest-v3 §9.6: borrowing to trade spot."""

from decimal import Decimal
from typing import Final

from woodlot.sandbox.handlers.venue import Call, Handlers
from woodlot.wire.loose import Done
from woodlot.wire.spot_margin import (
    GetInterestHistory,
    GetInterestRate,
    GetMaxMargin,
    InterestRates,
    InterestRows,
    MaxMargin,
    RepayInterest,
    SetSpotMarginLeverage,
)


def _set_leverage(call: Call[SetSpotMarginLeverage]) -> Done:
    call.exchange.margin.set_leverage(call.account_id, call.request.leverage)
    return Done()  # shape not known: success and timestamp (rest-v3 §14 no 7)


def _interest_rates(call: Call[GetInterestRate]) -> InterestRates:
    return call.exchange.margin.interest_rates(call.request.token)


def _interest_history(call: Call[GetInterestHistory]) -> InterestRows:
    return call.exchange.margin.interest_history(call.account_id, call.request)


def _max_margin(call: Call[GetMaxMargin]) -> MaxMargin:
    # Parameter and shape are not known (rest-v3 §14 no 7).
    return call.exchange.margin.max_margin(call.account_id, call.request.symbol)


def _repay(call: Call[RepayInterest]) -> Done:
    call.exchange.margin.repay_interest(call.account_id, token=call.request.token, amount=Decimal(call.request.amount))
    return Done()  # "`success` only" (rest-v3 §9.6)


HANDLERS: Final[Handlers] = {
    SetSpotMarginLeverage: _set_leverage,
    GetInterestRate: _interest_rates,
    GetInterestHistory: _interest_history,
    GetMaxMargin: _max_margin,
    RepayInterest: _repay,
}
