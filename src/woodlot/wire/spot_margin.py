"""This file is rest-v3 §9.6: borrowing to trade spot."""

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from woodlot.wire.amount import Number
from woodlot.wire.answer import Answer, Meta
from woodlot.wire.loose import Done, LooseAnswer
from woodlot.wire.moment import Moment, Time
from woodlot.wire.request import Endpoint, Request, get, post


class SetSpotMarginLeverage(Request[Done]):
    """Choose how far spot may be levered, 1 to 10: rest-v3 §9.6, 5 per minute. The reply's shape is not known."""

    endpoint: ClassVar[Endpoint] = post("/v3/spotMargin/leverage", repeatable=True)

    leverage: int


class InterestRate(Answer):
    """What borrowing a token costs, as fractions (rest-v3 §9.6)."""

    token: str
    current_hourly_base_rate: Decimal
    est_hourly_base_rate: Decimal
    current_annual_base_rate: Decimal
    est_annual_base_rate: Decimal
    est_time: Time


class InterestRates(Answer):
    rows: tuple[InterestRate, ...]


class GetInterestRate(Request[InterestRates]):
    """Ask what borrowing costs: rest-v3 §9.6, 10 per minute."""

    endpoint: ClassVar[Endpoint] = get("/v3/spotMargin/interestRate", signed=True)

    token: str | None = None


class InterestSide(StrEnum):
    LOAN = "LOAN"
    REPAY = "REPAY"
    AUTO_REPAY = "AUTO_REPAY"


class InterestRow(Answer):
    """One interest charged or repaid (rest-v3 §9.6)."""

    id: int
    token: str
    side: str
    status: str
    quantity: Decimal | None = None
    user_id: int
    application_id: str
    interest: Decimal | None = None
    hourly_rate: Decimal | None = None
    annual_rate: Decimal | None = None
    created_time: Time
    updated_time: Time
    loan_amount: Decimal | None = None


class InterestRows(Answer):
    rows: tuple[InterestRow, ...]
    meta: Meta = Meta()


class GetInterestHistory(Request[InterestRows]):
    """List interest charged and repaid: rest-v3 §9.6, 10 per minute."""

    endpoint: ClassVar[Endpoint] = get("/v3/spotMargin/interestHistory", signed=True)

    token: str | None = None
    side: InterestSide | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None
    page: int | None = None
    size: int | None = None


class MaxMargin(LooseAnswer):
    """Nothing is known of its shape (rest-v3 §14 no 7)."""


class GetMaxMargin(Request[MaxMargin]):
    """Ask how much can be borrowed: rest-v3 §9.6. The parameter is not certain."""

    endpoint: ClassVar[Endpoint] = get("/v3/spotMargin/maxMargin", signed=True)

    symbol: str | None = None


class RepayInterest(Request[Done]):
    """Repay interest before the daily repayment: rest-v3 §9.6. The body is that of the V1 twin."""

    endpoint: ClassVar[Endpoint] = post("/v3/spotMargin/interestRepay")

    token: str
    amount: Number
