"""This file is rest-v3 §9.2: orders that wait for a price (§7.6)."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

import msgspec

from woodlot.errors import ArgumentError
from woodlot.wire.amount import Number
from woodlot.wire.answer import Answer, Meta
from woodlot.wire.enums import MarginMode, OpenWord, OrderStatus, PositionSide, Side, StatusFilter
from woodlot.wire.moment import Moment, Time
from woodlot.wire.payload import Payload
from woodlot.wire.request import Endpoint, Request, delete, get, post, put
from woodlot.wire.trade import LARGEST_CLIENT_ORDER_ID, CancelAck, EditAck


class AlgoType(StrEnum):
    """What can be sent; the last two only as legs (rest-v3 §7.6)."""

    STOP = "STOP"
    OCO = "OCO"
    TRAILING_STOP = "TRAILING_STOP"
    BRACKET = "BRACKET"
    STOP_BRACKET = "STOP_BRACKET"
    POSITIONAL_TP_SL = "POSITIONAL_TP_SL"
    TP_SL = "TP_SL"
    TAKE_PROFIT = "TAKE_PROFIT"
    STOP_LOSS = "STOP_LOSS"


class AlgoTypeWord(OpenWord):
    """What replies speak of: a STOP reads back as TAKE_PROFIT or STOP_LOSS (rest-v3 §9.2.5)."""

    STOP = "STOP"
    OCO = "OCO"
    TRAILING_STOP = "TRAILING_STOP"
    BRACKET = "BRACKET"
    STOP_BRACKET = "STOP_BRACKET"
    POSITIONAL_TP_SL = "POSITIONAL_TP_SL"
    TP_SL = "TP_SL"
    TAKE_PROFIT = "TAKE_PROFIT"
    STOP_LOSS = "STOP_LOSS"


class AlgoOrderType(StrEnum):
    """How it trades once triggered; CLOSE_POSITION in the legs of a positional TP/SL only."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    CLOSE_POSITION = "CLOSE_POSITION"


class TriggerPriceType(StrEnum):
    """Which price triggers. The spelling of the second is not certain (rest-v3 §14 no 20)."""

    MARKET_PRICE = "MARKET_PRICE"
    MARK_PRICE = "MARK_PRICE"


class TriggerStatus(OpenWord):
    USELESS = "USELESS"
    SUCCESS = "SUCCESS"


class AlgoLeg(Payload):
    """A child order of an OCO, a bracket or a TP/SL; brackets nest."""

    algo_type: AlgoType
    symbol: str | None = None
    side: Side | None = None
    type: AlgoOrderType | None = None
    trigger_price: Number | None = None
    trigger_price_type: TriggerPriceType | None = None
    price: Number | None = None
    quantity: Number | None = None
    reduce_only: bool | None = None
    position_side: PositionSide | None = None
    child_orders: tuple["AlgoLeg", ...] | None = None


class AlgoAckRow(Answer):
    """One leg that the exchange made; the root of a bracket comes last (rest-v3 §9.2.1)."""

    spellings: ClassVar[Mapping[str, str]] = {"orderId": "algoOrderId", "clientOrderId": "clientAlgoOrderId"}

    algo_order_id: int
    client_algo_order_id: int = 0
    algo_type: AlgoTypeWord
    quantity: Decimal | None = None


class AlgoAck(Answer):
    """The exchange took the order: a row for every leg it made of it."""

    rows: tuple[AlgoAckRow, ...]
    timestamp: int = 0


class PlaceAlgoOrder(Request[AlgoAck]):
    """Place an order that waits for a price: rest-v3 §9.2.1, 2 per second and symbol.

    A trailing stop takes `callback_rate` (a fraction: "0.1" is 10 %) or `callback_value` (quote units), not both.
    """

    endpoint: ClassVar[Endpoint] = post("/v3/trade/algoOrder")

    symbol: str
    algo_type: AlgoType
    side: Side | None = None
    type: AlgoOrderType | None = None
    quantity: Number | None = None
    price: Number | None = None
    trigger_price: Number | None = None
    trigger_price_type: TriggerPriceType | None = None
    activated_price: Number | None = None
    callback_rate: Number | None = None
    callback_value: Number | None = None
    client_algo_order_id: int | None = None
    algo_order_tag: str | None = None
    position_side: PositionSide | None = None
    reduce_only: bool | None = None
    visible_quantity: Number | None = None
    margin_mode: MarginMode | None = None
    broker_id: str | None = msgspec.field(name="brokerId", default=None)
    child_orders: tuple[AlgoLeg, ...] | None = None

    def check(self) -> None:
        if self.callback_rate is not None and self.callback_value is not None:
            raise ArgumentError("callback_rate", "give callback_rate or callback_value, not both")
        # "same rules, separate number space" (rest-v3 §7.3)
        if self.client_algo_order_id is not None and not 0 <= self.client_algo_order_id <= LARGEST_CLIENT_ORDER_ID:
            raise ArgumentError("client_algo_order_id", f"expected 0 to {LARGEST_CLIENT_ORDER_ID}")


class AlgoLegEdit(Payload):
    """What to change about one leg."""

    algo_order_id: int
    price: Number | None = None
    quantity: Number | None = None
    trigger_price: Number | None = None


class EditAlgoOrder(Request[EditAck]):
    """Change an order that has not been triggered: rest-v3 §9.2.2."""

    endpoint: ClassVar[Endpoint] = put("/v3/trade/algoOrder")

    algo_order_id: int | None = None
    client_algo_order_id: int | None = None
    quantity: Number | None = None
    price: Number | None = None
    trigger_price: Number | None = None
    trigger_price_type: TriggerPriceType | None = None
    visible_quantity: Number | None = None
    activated_price: Number | None = None
    callback_rate: Number | None = None
    callback_value: Number | None = None
    child_orders: tuple[AlgoLegEdit, ...] | None = None

    def check(self) -> None:
        _one_handle(self.algo_order_id, self.client_algo_order_id)
        handles = {"algo_order_id", "client_algo_order_id"}
        if all(getattr(self, name) is None for name in self.__struct_fields__ if name not in handles):
            raise ArgumentError("quantity", "give at least one field to change")


class CancelAlgoOrder(Request[CancelAck]):
    """Cancel one algo order: rest-v3 §9.2.3."""

    endpoint: ClassVar[Endpoint] = delete("/v3/trade/algoOrder")

    algo_order_id: int | None = None
    client_algo_order_id: int | None = None

    def check(self) -> None:
        _one_handle(self.algo_order_id, self.client_algo_order_id)


class CancelAlgoOrders(Request[CancelAck]):
    """Cancel the algo orders of a symbol, or all: rest-v3 §9.2.4."""

    endpoint: ClassVar[Endpoint] = delete("/v3/trade/algoOrders")

    symbol: str | None = None


class AlgoOrderRow(Answer):
    """One algo order as the exchange has it (rest-v3 §9.2.5)."""

    spellings: ClassVar[Mapping[str, str]] = {"orderTag": "algoOrderTag", "rebateCurrency": "rebateAsset"}

    algo_order_id: int
    client_algo_order_id: int = 0
    root_algo_order_id: int = 0
    parent_algo_order_id: int = 0
    symbol: str
    algo_order_tag: str = "default"
    algo_type: AlgoTypeWord
    side: Side | None = None
    quantity: Decimal | None = None
    is_triggered: bool = False
    trigger_price: Decimal | None = None
    trigger_status: TriggerStatus = TriggerStatus.USELESS
    type: str | None = None
    root_algo_status: OrderStatus | None = None
    algo_status: OrderStatus | None = None
    trigger_price_type: str | None = None
    price: Decimal | None = None
    # "0" until it triggers.
    trigger_time: str = "0"
    total_executed_quantity: Decimal | None = None
    visible_quantity: Decimal | None = None
    average_executed_price: Decimal | None = None
    total_fee: Decimal | None = None
    fee_asset: str | None = None
    total_rebate: Decimal | None = None
    rebate_asset: str | None = None
    reduce_only: bool = False
    created_time: Time
    updated_time: Time
    position_side: str = "BOTH"
    is_activated: bool | msgspec.UnsetType | None = msgspec.UNSET
    callback_rate: Decimal | msgspec.UnsetType | None = msgspec.UNSET
    callback_value: Decimal | msgspec.UnsetType | None = msgspec.UNSET
    activated_price: Decimal | msgspec.UnsetType | None = msgspec.UNSET
    child_orders: tuple["AlgoOrderRow", ...] | msgspec.UnsetType | None = msgspec.UNSET


class GetAlgoOrder(Request[AlgoOrderRow]):
    """Ask for one algo order: rest-v3 §9.2.5."""

    endpoint: ClassVar[Endpoint] = get("/v3/trade/algoOrder", signed=True)

    algo_order_id: int | None = None
    client_algo_order_id: int | None = None

    def check(self) -> None:
        _one_handle(self.algo_order_id, self.client_algo_order_id)


class AlgoOrderRows(Answer):
    rows: tuple[AlgoOrderRow, ...]
    meta: Meta = Meta()


class GetAlgoOrders(Request[AlgoOrderRows]):
    """List algo orders, newest first: rest-v3 §9.2.6."""

    endpoint: ClassVar[Endpoint] = get("/v3/trade/algoOrders", signed=True)

    symbol: str | None = None
    side: Side | None = None
    position_side: PositionSide | None = None
    algo_type: AlgoType | None = None
    order_type: AlgoOrderType | None = None
    is_triggered: bool | None = None
    algo_order_tag: str | None = None
    realized_pnl: bool | None = None
    status: StatusFilter | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None
    page: int | None = None
    size: int | None = None


def _one_handle(algo_order_id: int | None, client_algo_order_id: int | None) -> None:
    if algo_order_id is None and client_algo_order_id is None:
        raise ArgumentError("algo_order_id", "give algo_order_id or client_algo_order_id")
