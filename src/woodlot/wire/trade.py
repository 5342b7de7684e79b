"""This file is rest-v3 §9.1: ordinary orders and their fills."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import ClassVar

import msgspec

from woodlot.errors import ArgumentError
from woodlot.wire.amount import Number
from woodlot.wire.answer import Answer, Meta
from woodlot.wire.enums import (
    MarginMode,
    OpenWord,
    OrderStatus,
    OrderType,
    OrderTypeWord,
    PositionSide,
    Side,
    StatusFilter,
)
from woodlot.wire.moment import Moment, Time
from woodlot.wire.request import Endpoint, Request, delete, get, post, put

LARGEST_CLIENT_ORDER_ID = 9223372036854775807
LONGEST_DEAD_MAN_MS = 900_000
# "`amount` only for `MARKET`, `ASK`, `BID`" (rest-v3 §7.2); the same three ignore `price` (§7.1).
_PRICELESS = frozenset({OrderType.MARKET, OrderType.ASK, OrderType.BID})


class OrderAck(Answer):
    """The exchange took the order and gave it an id; whether it rests or fills is told later (rest-v3 §7.5)."""

    order_id: int
    client_order_id: int = 0
    type: OrderTypeWord
    price: Decimal | None = None
    quantity: Decimal | None = None
    amount: Decimal | None = None
    bid_ask_level: int | None = None
    timestamp: int = 0


class PlaceOrder(Request[OrderAck]):
    """Place one order: rest-v3 §9.1.1, 5 per second and symbol.

    `quantity` counts base units, `amount` quote units; exactly one of them, and `amount` only for MARKET, ASK and
    BID (§7.2). LIMIT, IOC, FOK and POST_ONLY need `price`. `client_order_id` is 0 to 2**63 - 1 and unique among
    open orders only (§7.3); a client fills one in where none is given.
    """

    endpoint: ClassVar[Endpoint] = post("/v3/trade/order")

    symbol: str
    side: Side
    type: OrderType
    price: Number | None = None
    quantity: Number | None = None
    amount: Number | None = None
    client_order_id: int | None = None
    order_tag: str | None = None
    position_side: PositionSide | None = None
    reduce_only: bool | None = None
    visible_quantity: Number | None = None
    margin_mode: MarginMode | None = None
    bid_ask_level: int | None = None
    post_only_adjusted: bool | None = None
    broker_id: str | None = msgspec.field(name="broker_id", default=None)

    def check(self) -> None:
        if (self.quantity is None) == (self.amount is None):
            raise ArgumentError("quantity", "give exactly one of quantity and amount")
        if self.amount is not None and self.type not in _PRICELESS:
            raise ArgumentError("amount", f"a {self.type} order takes quantity")
        if self.price is None and self.type not in _PRICELESS:
            raise ArgumentError("price", f"a {self.type} order needs one")
        if self.client_order_id is not None and not 0 <= self.client_order_id <= LARGEST_CLIENT_ORDER_ID:
            raise ArgumentError("client_order_id", f"expected 0 to {LARGEST_CLIENT_ORDER_ID}")


class EditAck(Answer):
    """The edit was sent on (`EDIT_SENT`): an acknowledgement, never a state of the order (rest-v3 §7.5)."""

    status: str
    timestamp: int = 0


class EditOrder(Request[EditAck]):
    """Change price, total quantity or both: rest-v3 §9.1.2. The order keeps its id."""

    endpoint: ClassVar[Endpoint] = put("/v3/trade/order")

    order_id: int | None = None
    client_order_id: int | None = None
    price: Number | None = None
    quantity: Number | None = None

    def check(self) -> None:
        _one_handle(self.order_id, self.client_order_id)
        if self.price is None and self.quantity is None:
            raise ArgumentError("price", "give a new price, a new quantity or both")


class CancelAck(Answer):
    """The cancel was sent on (`CANCEL_SENT`, `CANCEL_ALL_SENT`); a fill may still come first (rest-v3 §7.5)."""

    status: str
    timestamp: int = 0


class CancelOrder(Request[CancelAck]):
    """Cancel one order: rest-v3 §9.1.3, in the documented query form (§2.5)."""

    endpoint: ClassVar[Endpoint] = delete("/v3/trade/order")

    order_id: int | None = None
    client_order_id: int | None = None
    symbol: str | None = None

    def check(self) -> None:
        _one_handle(self.order_id, self.client_order_id)


class CancelAllOrders(Request[CancelAck]):
    """Cancel every order of a symbol, or of all symbols: rest-v3 §9.1.5. Algo orders too."""

    endpoint: ClassVar[Endpoint] = delete("/v3/trade/allOrders")

    symbol: str | None = None


class CancelOrders(Request[CancelAck]):
    """Cancel several orders by id: rest-v3 §9.1.4.

    The form of the lists is not known (§14 no 1); they are sent comma-separated. To cancel by symbol, use
    CancelAllOrders: the same call with a symbol alone once did that, in an older client.
    """

    endpoint: ClassVar[Endpoint] = delete("/v3/trade/orders")

    symbol: str | None = None
    order_ids: str | None = None
    client_order_ids: str | None = None

    @classmethod
    def by_id(cls, order_ids: Iterable[int], *, symbol: str | None = None) -> "CancelOrders":
        return cls(symbol=symbol, order_ids=",".join(str(order_id) for order_id in order_ids))

    def check(self) -> None:
        if not self.order_ids and not self.client_order_ids:
            raise ArgumentError("order_ids", "give at least one id; CancelAllOrders cancels by symbol")


class DeadManAck(Answer):
    """When every order will be cancelled unless the call is repeated."""

    expected_trigger_time: Time
    timestamp: int = 0


class CancelAllAfter(Request[DeadManAck]):
    """Cancel everything in `trigger_after` milliseconds unless told otherwise before: rest-v3 §9.1.8.

    0 switches it off; a repeat replaces the timer; 900,000 (15 minutes) is the most. For VIP accounts.
    """

    endpoint: ClassVar[Endpoint] = post("/v3/trade/cancelAllAfter", repeatable=True)

    trigger_after: int

    def check(self) -> None:
        if not 0 <= self.trigger_after <= LONGEST_DEAD_MAN_MS:
            raise ArgumentError("trigger_after", f"expected 0 to {LONGEST_DEAD_MAN_MS} milliseconds")


class OrderRow(Answer):
    """One order as the exchange has it (rest-v3 §9.1.6). Amounts that do not apply are None."""

    spellings: ClassVar[Mapping[str, str]] = {"rebateCurrency": "rebateAsset"}

    order_id: int
    client_order_id: int = 0
    symbol: str
    order_tag: str = "default"
    side: Side
    quantity: Decimal | None = None
    amount: Decimal | None = None
    type: OrderTypeWord
    status: OrderStatus
    price: Decimal | None = None
    executed: Decimal
    visible: Decimal | None = None
    average_executed_price: Decimal | None = None
    total_fee: Decimal | None = None
    fee_asset: str | None = None
    total_rebate: Decimal | None = None
    rebate_asset: str | None = None
    reduce_only: bool = False
    created_time: Time
    realized_pnl: Decimal | None = None
    position_side: str = "BOTH"
    bid_ask_level: int | None = None
    margin_mode: str | msgspec.UnsetType | None = msgspec.UNSET
    leverage: int | msgspec.UnsetType | None = msgspec.UNSET


class GetOrder(Request[OrderRow]):
    """Ask for one order by either id: rest-v3 §9.1.6, 5 per second and symbol."""

    endpoint: ClassVar[Endpoint] = get("/v3/trade/order", signed=True)

    order_id: int | None = None
    client_order_id: int | None = None
    with_realized_pnl: bool | None = None

    def check(self) -> None:
        _one_handle(self.order_id, self.client_order_id)


class OrderRows(Answer):
    rows: tuple[OrderRow, ...]
    meta: Meta = Meta()


class GetOrders(Request[OrderRows]):
    """List orders, newest first: rest-v3 §9.1.7. Pages count from 1; `size` is at most 500."""

    endpoint: ClassVar[Endpoint] = get("/v3/trade/orders", signed=True)

    symbol: str | None = None
    side: Side | None = None
    position_side: PositionSide | None = None
    type: OrderType | None = None
    order_tag: str | None = None
    with_realized_pnl: bool | None = None
    status: StatusFilter | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None
    page: int | None = None
    size: int | None = None


class TransactionSide(OpenWord):
    """The side of a fill; hedge mode may spell it with the position (rest-v3 §9.1.10)."""

    BUY = "BUY"
    SELL = "SELL"
    OPEN_LONG = "OPEN LONG"
    OPEN_SHORT = "OPEN SHORT"
    CLOSE_LONG = "CLOSE LONG"
    CLOSE_SHORT = "CLOSE SHORT"


class Transaction(Answer):
    """One fill of ours (rest-v3 §9.1.10). (`symbol`, `id`) identifies it; `id` is `tid` on the stream."""

    id: int
    symbol: str
    order_id: int
    executed_price: Decimal
    executed_quantity: Decimal
    fee: Decimal
    realized_pnl: Decimal | None = None
    fee_asset: str
    order_tag: str = "default"
    side: TransactionSide
    executed_timestamp: Time
    is_maker: int
    is_match_rpi: bool | msgspec.UnsetType | None = msgspec.UNSET


class TransactionRows(Answer):
    rows: tuple[Transaction, ...]
    meta: Meta = Meta()


class GetTransactionHistory(Request[TransactionRows]):
    """List fills of the last two years, newest first: rest-v3 §9.1.10, 2 per second.

    `from_id` starts at a trade id; whether it is included is not known (websocket-v3 §16 no 20).
    """

    endpoint: ClassVar[Endpoint] = get("/v3/trade/transactionHistory", signed=True)

    symbol: str | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None
    from_id: int | None = None
    limit: int | None = None


class GetTransaction(Request[Transaction]):
    """Ask for one fill of the last three months by its trade id: rest-v3 §9.1.9."""

    endpoint: ClassVar[Endpoint] = get("/v3/trade/transaction", signed=True)

    trade_id: int


class TradingFee(Answer):
    """What trading a symbol costs this account, in basis points: "10" is 0.1 % (rest-v3 §6.4)."""

    symbol: str
    taker_fee: Decimal
    maker_fee: Decimal


class GetTradingFee(Request[TradingFee]):
    """Ask what trading a symbol costs: rest-v3 §9.1.11, 2 per second."""

    endpoint: ClassVar[Endpoint] = get("/v3/trade/tradingFee", signed=True)

    symbol: str


def _one_handle(order_id: int | None, client_order_id: int | None) -> None:
    if order_id is None and client_order_id is None:
        raise ArgumentError("order_id", "give order_id or client_order_id")
