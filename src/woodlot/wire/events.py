"""This file is what the streams push: the exchange's two-letter keys on the wire, words here (websocket-v3 §7, §9)."""

from decimal import Decimal
from typing import TypeAlias

import msgspec

from woodlot.wire.answer import Event
from woodlot.wire.enums import OrderStatus, OrderTypeWord, PositionSide, Side

PriceLevel: TypeAlias = tuple[str, str]
"""Price and size as the exchange spelled them; decoding them to Decimal would cost four times as much."""


class BookDelta(Event, rename={"symbol": "s", "prev_ts": "prevTs"}):
    """What changed between two windows of a book; size "0" means gone (websocket-v3 §7.2).

    `prev_ts` is the `ts` of the delta before it on the same topic: the only sign of loss.
    """

    symbol: str
    prev_ts: int
    ts: int
    bids: list[PriceLevel]
    asks: list[PriceLevel]

    def __post_init__(self) -> None:
        """Look at nothing: the levels are texts, and whoever makes numbers of them judges them."""


class TradePrint(Event, rename={"symbol": "s", "price": "px", "size": "sx", "side": "sd", "source": "src"}):
    """One public trade. `side` is the taker's; `source` 1 happened inside the exchange. There is no trade id."""

    symbol: str
    price: Decimal
    size: Decimal
    side: Side
    source: int
    rpi: bool | None = None
    ts: int


class BestBidOffer(
    Event, rename={"symbol": "s", "bid_price": "bp", "bid_size": "bq", "ask_price": "ap", "ask_size": "aq"}
):
    """The touch. A side that is empty is None, however the exchange spells that (websocket-v3 §16 no 17)."""

    symbol: str
    bid_price: Decimal | None = None
    bid_size: Decimal | None = None
    ask_price: Decimal | None = None
    ask_size: Decimal | None = None
    ts: int

    def __post_init__(self) -> None:
        super().__post_init__()
        for price, size in (("bid_price", "bid_size"), ("ask_price", "ask_size")):
            if not getattr(self, price) or not getattr(self, size):
                msgspec.structs.force_setattr(self, price, None)
                msgspec.structs.force_setattr(self, size, None)


class ExecutionReport(
    Event,
    rename={
        "message_type": "mt",
        "symbol": "s",
        "client_order_id": "cid",
        "order_id": "oid",
        "type": "t",
        "side": "sd",
        "position_side": "ps",
        "quantity": "sx",
        "price": "px",
        "trade_id": "tid",
        "executed_quantity": "esx",
        "executed_price": "epx",
        "fee": "f",
        "fee_asset": "fa",
        "total_executed_quantity": "tesx",
        "average_executed_price": "aepx",
        "status": "ss",
        "reason": "rs",
        "order_tag": "tg",
        "total_fee": "tf",
        "total_fee_currency": "tfc",
        "total_rebate": "tr",
        "total_rebate_currency": "trc",
        "visible_quantity": "vsx",
        "reduce_only": "ro",
        "is_maker": "mk",
        "leverage": "lv",
        "margin_mode": "m",
    },
):
    """One step of one order (websocket-v3 §9.1.1).

    Read `message_type` first: 0 is a step of the order; 1, 2 and 3 say that an edit, a cancel or a cancel-all was
    refused and that the order is as it was, and carry few of the other fields. `trade_id` is 0 when the step is
    not a fill; `executed_quantity` is this fill's, `total_executed_quantity` the order's.
    """

    message_type: int = 0
    symbol: str
    client_order_id: int = 0
    order_id: int = 0
    type: OrderTypeWord | None = None
    side: Side | None = None
    position_side: PositionSide | None = None
    quantity: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    trade_id: int = 0
    executed_quantity: Decimal = Decimal(0)
    executed_price: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    fee_asset: str = ""
    total_executed_quantity: Decimal = Decimal(0)
    average_executed_price: Decimal = Decimal(0)
    status: OrderStatus | None = None
    reason: str = ""
    order_tag: str = ""
    total_fee: Decimal = Decimal(0)
    total_fee_currency: str = ""
    total_rebate: Decimal = Decimal(0)
    total_rebate_currency: str = ""
    visible_quantity: Decimal = Decimal(0)
    ts: int = 0
    reduce_only: bool = False
    is_maker: bool = False
    leverage: int = 0
    margin_mode: str = ""
    rpi: bool | msgspec.UnsetType = msgspec.UNSET

    @property
    def is_fill(self) -> bool:
        return self.message_type == 0 and self.trade_id > 0


class Balance(
    Event,
    rename={
        "token": "t",
        "holding": "h",
        "frozen": "f",
        "interest": "i",
        "pending_short_qty": "psq",
        "pending_long_qty": "plq",
        "staked": "s",
        "unbonding": "u",
        "vault": "v",
        "launchpad_vault": "l",
        "earn": "e",
        "average_open_price": "aop",
        "pnl_24h": "pnl",
        "roi_24h": "roi",
        "fee_24h": "fee",
        "mark_price": "mp",
        "version": "ver",
        "trial_bonus": "b",
        "loss_cover_ratio": "lcr",
    },
):
    """One token's balance (websocket-v3 §9.3). What is free to use is asked over REST; readings of `frozen` differ."""

    token: str
    holding: Decimal
    frozen: Decimal
    interest: Decimal = Decimal(0)
    pending_short_qty: Decimal = Decimal(0)
    pending_long_qty: Decimal = Decimal(0)
    staked: Decimal = Decimal(0)
    unbonding: Decimal = Decimal(0)
    vault: Decimal = Decimal(0)
    launchpad_vault: Decimal = Decimal(0)
    earn: Decimal = Decimal(0)
    average_open_price: Decimal = Decimal(0)
    pnl_24h: Decimal = Decimal(0)
    roi_24h: Decimal = Decimal(0)
    fee_24h: Decimal = Decimal(0)
    mark_price: Decimal = Decimal(0)
    version: int = 0
    trial_bonus: Decimal = Decimal(0)
    loss_cover_ratio: int = 0
    ts: int = 0


class BalanceUpdate(Event):
    """The tokens that changed; not all tokens."""

    balances: tuple[Balance, ...]


class AccountState(
    Event,
    rename={
        "account_mode": "m",
        "margin_mode": "M",
        "position_mode": "P",
        "leverage": "l",
        "margin_ratio": "mr",
        "open_margin_ratio": "omr",
        "initial_margin_ratio": "imr",
        "maintenance_margin_ratio": "mmr",
        "total_collateral": "tc",
        "free_collateral": "fc",
        "total_account_value": "v",
    },
):
    """The account's value and margin (websocket-v3 §9.5). A PURE_SPOT account has only the mode and the value."""

    account_mode: str
    margin_mode: str | msgspec.UnsetType = msgspec.UNSET
    position_mode: str | msgspec.UnsetType = msgspec.UNSET
    leverage: int | msgspec.UnsetType = msgspec.UNSET
    margin_ratio: Decimal | msgspec.UnsetType = msgspec.UNSET
    open_margin_ratio: Decimal | msgspec.UnsetType = msgspec.UNSET
    initial_margin_ratio: Decimal | msgspec.UnsetType = msgspec.UNSET
    maintenance_margin_ratio: Decimal | msgspec.UnsetType = msgspec.UNSET
    total_collateral: Decimal | msgspec.UnsetType = msgspec.UNSET
    free_collateral: Decimal | msgspec.UnsetType = msgspec.UNSET
    total_account_value: Decimal


class Position(
    Event,
    rename={
        "symbol": "s",
        "holding": "h",
        "pending_long_qty": "plq",
        "pending_short_qty": "psq",
        "average_open_price": "aop",
        "pnl_24h": "pnl",
        "roi_24h": "roi",
        "fee_24h": "fee",
        "settle_price": "sp",
        "mark_price": "mp",
        "opening_ts": "ot",
        "adl_quantile": "aq",
        "leverage": "lv",
        "margin_mode": "m",
        "position_side": "ps",
        "isolated_margin_token": "it",
        "isolated_margin_amount": "ia",
        "isolated_frozen_long": "il",
        "isolated_frozen_short": "is",
        "version": "ver",
    },
):
    """One position (websocket-v3 §9.4); `holding` is negative for a short. Its key is symbol and `position_side`.

    `mark_price` is the one of the moment of the push, and is not refreshed between pushes.
    """

    symbol: str
    holding: Decimal
    pending_long_qty: Decimal = Decimal(0)
    pending_short_qty: Decimal = Decimal(0)
    average_open_price: Decimal = Decimal(0)
    pnl_24h: Decimal = Decimal(0)
    roi_24h: Decimal = Decimal(0)
    fee_24h: Decimal = Decimal(0)
    settle_price: Decimal = Decimal(0)
    mark_price: Decimal = Decimal(0)
    opening_ts: int = 0
    adl_quantile: int = 0
    leverage: int = 0
    margin_mode: str = ""
    position_side: PositionSide = PositionSide.BOTH
    isolated_margin_token: str = ""
    isolated_margin_amount: Decimal = Decimal(0)
    isolated_frozen_long: Decimal = Decimal(0)
    isolated_frozen_short: Decimal = Decimal(0)
    version: int = 0
    ts: int = 0


class PositionUpdate(Event):
    """The positions that changed; not all positions."""

    positions: tuple[Position, ...]


class AlgoExecutionReport(
    Event,
    rename={
        "symbol": "s",
        "root_algo_order_id": "raid",
        "parent_algo_order_id": "paid",
        "algo_order_id": "aid",
        "client_algo_order_id": "caid",
        "order_id": "oid",
        "order_tag": "tg",
        "status": "ss",
        "algo_type": "at",
        "side": "sd",
        "position_side": "ps",
        "quantity": "sx",
        "trigger_price": "trp",
        "trigger_price_type": "trpt",
        "trigger_status": "tss",
        "price": "px",
        "type": "t",
        "trigger_trade_price": "tpx",
        "trigger_ts": "tt",
        "trade_id": "tid",
        "executed_price": "epx",
        "executed_quantity": "esx",
        "fee": "f",
        "fee_asset": "fa",
        "reason": "rs",
        "total_executed_quantity": "tesx",
        "average_executed_price": "aepx",
        "total_fee": "tf",
        "total_fee_currency": "tfc",
        "total_rebate": "tr",
        "total_rebate_currency": "trc",
        "visible_quantity": "vsx",
        "reduce_only": "ro",
        "activated_price": "apx",
        "callback_rate": "cr",
        "callback_value": "cv",
        "extreme_price": "ep",
        "is_triggered": "it",
        "is_maker": "im",
        "is_activated": "ia",
        "root_algo_status": "ras",
        "algo_status": "as",
    },
):
    """One leg of an algo order (websocket-v3 §9.2). A push carries several: it is a tuple of these.

    Its key is `algo_order_id`. Its state is in `algo_status`, or where that is missing in `status`; see `state`.
    """

    symbol: str
    root_algo_order_id: int = 0
    parent_algo_order_id: int = 0
    algo_order_id: int
    client_algo_order_id: int = 0
    # Nobody has seen one; where there is one it is the ordinary order that the leg has become (§16 no 19).
    order_id: int | msgspec.UnsetType = msgspec.UNSET
    order_tag: str = ""
    status: OrderStatus | msgspec.UnsetType = msgspec.UNSET
    algo_type: str = ""
    side: Side | None = None
    position_side: PositionSide | None = None
    quantity: Decimal = Decimal(0)
    trigger_price: Decimal = Decimal(0)
    trigger_price_type: str = ""
    trigger_status: str = ""
    price: Decimal = Decimal(0)
    type: str = ""
    trigger_trade_price: Decimal = Decimal(0)
    trigger_ts: int = 0
    trade_id: int = 0
    executed_price: Decimal = Decimal(0)
    executed_quantity: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    fee_asset: str = ""
    reason: str = ""
    total_executed_quantity: Decimal = Decimal(0)
    average_executed_price: Decimal = Decimal(0)
    total_fee: Decimal = Decimal(0)
    total_fee_currency: str = ""
    total_rebate: Decimal = Decimal(0)
    total_rebate_currency: str = ""
    visible_quantity: Decimal = Decimal(0)
    ts: int = 0
    reduce_only: bool = False
    activated_price: Decimal = Decimal(0)
    callback_rate: Decimal = Decimal(0)
    callback_value: Decimal = Decimal(0)
    extreme_price: Decimal = Decimal(0)
    is_triggered: bool = False
    is_maker: bool = False
    is_activated: bool = False
    root_algo_status: OrderStatus | msgspec.UnsetType = msgspec.UNSET
    algo_status: OrderStatus | msgspec.UnsetType = msgspec.UNSET

    @property
    def state(self) -> OrderStatus | None:
        """Where this leg stands, if the report says so."""
        for status in (self.algo_status, self.status):
            if status is not msgspec.UNSET:
                return status
        return None


Pushed: TypeAlias = Event | tuple[AlgoExecutionReport, ...]
"""What one push carries: an event, or on the one topic whose data is an array all the legs that changed."""
