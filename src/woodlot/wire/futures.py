"""This file is rest-v3 §9.5: positions, leverage, margin and funding of perpetuals."""

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

import msgspec

from woodlot.wire.account import PositionMode
from woodlot.wire.amount import Number
from woodlot.wire.answer import Answer, Meta
from woodlot.wire.enums import MarginMode, PositionSide
from woodlot.wire.loose import Done, LooseAnswer
from woodlot.wire.moment import Moment, Time
from woodlot.wire.request import Endpoint, Request, get, post, put


class Position(Answer):
    """One position (rest-v3 §9.5.1); `holding` is signed, negative when short. Key it by symbol and side."""

    symbol: str
    holding: Decimal
    pending_long_qty: Decimal
    pending_short_qty: Decimal
    settle_price: Decimal
    average_open_price: Decimal
    pnl_24h: Decimal = msgspec.field(name="pnl24H")
    fee_24h: Decimal = msgspec.field(name="fee24H")
    mark_price: Decimal
    est_liq_price: Decimal | None = None
    timestamp: Time
    adl_quantile: int
    position_side: PositionSide
    margin_mode: str | None = None
    isolated_margin_token: str | None = None
    isolated_margin_amount: Decimal | None = None
    isolated_frozen_long: Decimal | None = None
    isolated_frozen_short: Decimal | None = None
    leverage: int | None = None


class Positions(Answer):
    positions: tuple[Position, ...]


class GetPositions(Request[Positions]):
    """Ask for the open positions: rest-v3 §9.5.1, 30 per 10 seconds."""

    endpoint: ClassVar[Endpoint] = get("/v3/futures/positions", signed=True)

    symbol: str | None = None


class PositionModeChoice(StrEnum):
    ONE_WAY = "ONE_WAY"
    HEDGE_MODE = "HEDGE_MODE"


class SideLeverage(Answer):
    position_side: PositionSide
    leverage: int


class Leverage(Answer):
    """The leverage of a symbol. One-way accounts were recorded with a row for each side; accept any set."""

    symbol: str
    margin_mode: str
    position_mode: PositionMode
    details: tuple[SideLeverage, ...]


class GetLeverage(Request[Leverage]):
    """Ask for the leverage of a symbol: rest-v3 §9.5.2, 10 per minute."""

    endpoint: ClassVar[Endpoint] = get("/v3/futures/leverage", signed=True)

    symbol: str
    margin_mode: MarginMode | None = None
    position_mode: PositionModeChoice | None = None


class SetLeverage(Request[Done]):
    """Change the leverage of a symbol: rest-v3 §9.5.2, 10 per minute. The reply's shape is not known."""

    endpoint: ClassVar[Endpoint] = put("/v3/futures/leverage", repeatable=True)

    symbol: str
    margin_mode: MarginMode
    leverage: int
    position_side: PositionSide | None = None
    position_mode: PositionModeChoice | None = None


class PositionModeAck(Answer):
    """The mode was changed. This reply carries nothing else (rest-v3 §3.1)."""

    timestamp: int = 0


class SetPositionMode(Request[PositionModeAck]):
    """Choose between one position a symbol and two: rest-v3 §9.5.2. Refused with open positions or orders."""

    endpoint: ClassVar[Endpoint] = put("/v3/futures/positionMode", repeatable=True)

    position_mode: PositionModeChoice


class DefaultMarginMode(LooseAnswer):
    """Nothing is known of its shape (rest-v3 §14 no 7)."""


class GetDefaultMarginMode(Request[DefaultMarginMode]):
    """Ask how new positions are margined: rest-v3 §9.5.2."""

    endpoint: ClassVar[Endpoint] = get("/v3/futures/defaultMarginMode", signed=True)

    symbol: str | None = None


class SetDefaultMarginMode(Request[Done]):
    """Choose how new positions are margined: rest-v3 §9.5.2. Body and reply are not certain."""

    endpoint: ClassVar[Endpoint] = put("/v3/futures/defaultMarginMode", repeatable=True)

    margin_mode: MarginMode


class SetSymbolMarginMode(Request[Done]):
    """Choose it for one symbol: rest-v3 §9.5.2. Body and reply are not certain."""

    endpoint: ClassVar[Endpoint] = put("/v3/futures/defaultMarginMode/{symbol}", repeatable=True)

    symbol: str
    margin_mode: MarginMode


class ResetDefaultMarginMode(Request[Done]):
    """Forget the choices for single symbols: rest-v3 §9.5.2. Body and reply are not certain."""

    endpoint: ClassVar[Endpoint] = post("/v3/futures/defaultMarginMode/reset", repeatable=True)


class FundingFee(Answer):
    """One funding paid or received (rest-v3 §9.5.2). `funding_fee` has no sign; `payment_type` is Pay or Receive."""

    id: int
    symbol: str
    funding_rate: Decimal
    mark_price: Decimal
    funding_fee: Decimal
    funding_interval_hours: int
    payment_type: str
    status: str
    created_time: Time
    updated_time: Time


class FundingFees(Answer):
    rows: tuple[FundingFee, ...]
    meta: Meta = Meta()


class GetFundingFeeHistory(Request[FundingFees]):
    """List fundings paid and received: rest-v3 §9.5.2, 20 per minute. `size` is at most 500."""

    endpoint: ClassVar[Endpoint] = get("/v3/futures/fundingFee/history", signed=True)

    symbol: str | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None
    page: int | None = None
    size: int | None = None


class MarginAction(StrEnum):
    ADD = "ADD"
    REDUCE = "REDUCE"


class AdjustIsolatedMargin(Request[Done]):
    """Move margin into an isolated position or out of it: rest-v3 §9.5.2.

    The names are those of the V1 twin in camel case, unproven; so is the reply.
    """

    endpoint: ClassVar[Endpoint] = post("/v3/isolatedMargin/margin")

    symbol: str
    adjust_token: str
    adjust_amount: Number
    action: MarginAction
    position_side: PositionSide | None = None
